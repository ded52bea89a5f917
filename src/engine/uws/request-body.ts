import { retain } from '../../shared/read-buffer.ts';
import type { RequestBodySink } from '../downstream.ts';
import type { UwsResponse } from './binding.ts';

/**
 * The body of one request between µWS and whoever takes it. What arrives before that is kept, at most the rest of one
 * read of 512 KB, because reading stops with the first piece that nobody takes (rule C17).
 */
export class RequestBody {
  /** All of it has been delivered, or there is none. */
  done = true;
  sink: RequestBodySink | null = null;
  /** Bytes that have not arrived. */
  remaining = 0;
  /** The taker has asked for a pause. */
  paused = false;
  #kept: Buffer[] = [];
  #reading = true;

  begin(length: number): void {
    this.done = length === 0;
    this.sink = null;
    this.remaining = length;
    this.paused = false;
    this.#kept = [];
    this.#reading = true;
  }

  /** @returns false when µWS ends the body elsewhere than its length says */
  receive(response: UwsResponse, chunk: ArrayBuffer, last: boolean): boolean {
    this.remaining -= chunk.byteLength;
    if (this.remaining < 0 || last !== (this.remaining === 0)) return false;
    if (chunk.byteLength === 0 && !last) return true;
    if (this.sink === null || this.paused || this.#kept.length > 0) {
      this.#kept.push(retain(new Uint8Array(chunk)));
      this.stopReading(response);
    } else {
      this.#deliver(Buffer.from(chunk));
    }
    return true;
  }

  #deliver(chunk: Buffer): void {
    const sink = this.sink!;
    // What is kept counts as arrived, so only the last piece of all ends the body.
    const last = this.remaining === 0 && this.#kept.length === 0;
    if (last) this.done = true;
    if (chunk.length > 0) sink.onRequestData(chunk);
    if (last && this.sink === sink) sink.onRequestEnd('');
  }

  /** Delivers what was kept and lets more come. */
  feed(response: UwsResponse | null): void {
    while (this.#kept.length > 0 && this.sink !== null && !this.paused) this.#deliver(this.#kept.shift()!);
    if (!this.done && this.sink !== null && !this.paused) this.startReading(response);
  }

  stopReading(response: UwsResponse): void {
    if (!this.#reading) return;
    this.#reading = false;
    response.pause();
  }

  /** @param response null when it is over */
  startReading(response: UwsResponse | null): void {
    if (this.#reading || response === null) return;
    this.#reading = true;
    response.resume();
  }

  /** µWS's own patience with the client, ten seconds, begins anew. */
  restartTimer(response: UwsResponse): void {
    response.pause();
    if (this.#reading) response.resume();
  }
}
