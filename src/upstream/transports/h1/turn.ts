import type { ResponseHead } from '../../../http/response-head.ts';
import { retain } from '../../../shared/read-buffer.ts';
import type { UpstreamCall, UpstreamConnection } from '../upstream-call.ts';

/** The connection that a turn is taken on. */
export interface Pipeline {
  readonly connected: boolean;
  send(turn: Turn, text: string): void;
  /** The call went away before it sent anything. */
  withdraw(turn: Turn): void;
  /** The call went away while its response is awaited. */
  onAbandoned(turn: Turn, late: boolean): void;
  /** The call has taken all that was kept for it. */
  onCaughtUp(turn: Turn): void;
  /** Nobody needs the object any more. */
  recycle(turn: Turn): void;
}

/**
 * One call's turn on a shared connection. A call that stops reading does not stop the ones behind it: what comes for it
 * meanwhile is kept here.
 */
export class Turn implements UpstreamConnection {
  /** The turn after this one, or the next of the list of unused ones. */
  next: Turn | null = null;
  /** Null: the call went away, and its response is thrown away. */
  call: UpstreamCall | null = null;
  toHead = false;
  /** Milliseconds that the response may take. */
  patience = 0;
  /** Bytes kept for the call. */
  kept = 0;
  readonly #pipeline: Pipeline;
  #sent = false;
  #paused = false;
  #handingOver = false;
  #chunks: Buffer[] = [];
  /** Not null: the response is complete, and its rest is kept here. */
  #trailers: string | null = null;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  begin(call: UpstreamCall, patience: number): this {
    this.next = null;
    this.call = call;
    this.patience = patience;
    this.#sent = false;
    this.#paused = false;
    return this;
  }

  // --- the call's side -------------------------------------------------------------------------------------------

  get connected(): boolean {
    return this.#pipeline.connected;
  }

  sendHead(text: string, _bodyFollows: boolean, _chunked: boolean, toHead: boolean): void {
    this.toHead = toHead;
    this.#sent = true;
    this.#pipeline.send(this, text);
  }

  flushHead(): void {}

  write(_chunk: Uint8Array): boolean {
    throw new TypeError('requests with a body do not share connections');
  }

  endRequest(_trailers: string): void {}

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.kept > 0 && !this.#handingOver) this.#handOver();
  }

  abandon(late: boolean): void {
    this.call = null;
    if (!this.#sent) {
      this.#pipeline.withdraw(this);
      return;
    }
    this.#drop();
    if (this.#trailers === null) {
      this.#pipeline.onAbandoned(this, late);
    } else {
      this.#trailers = null;
      this.#pipeline.recycle(this);
    }
  }

  // --- the connection's side ---------------------------------------------------------------------------------------

  head(head: ResponseHead): void {
    this.call?.onResponseHead(head);
  }

  data(input: Buffer, start: number, end: number): void {
    const call = this.call;
    if (call === null) return;
    if (this.#paused || this.kept > 0) {
      this.#chunks.push(retain(input, start, end));
      this.kept += end - start;
    } else {
      call.onResponseData(input, start, end);
    }
  }

  /** The response is complete and the turn over, though not for a call that has not taken everything yet. */
  end(trailers: string): void {
    const call = this.call;
    if (call !== null && this.kept > 0) {
      this.#trailers = trailers;
      return;
    }
    this.call = null;
    this.#pipeline.recycle(this);
    call?.onResponseEnd(trailers);
  }

  fail(failure: number, detail: string): void {
    const call = this.call;
    this.call = null;
    this.#drop();
    call?.onFailure(failure, detail);
  }

  #drop(): void {
    this.kept = 0;
    this.#chunks = [];
  }

  #handOver(): void {
    const call = this.call!;
    this.#handingOver = true;
    while (this.kept > 0 && !this.#paused && this.call === call) {
      const chunk = this.#chunks.shift()!;
      this.kept -= chunk.length;
      call.onResponseData(chunk, 0, chunk.length);
    }
    this.#handingOver = false;
    // Paused again, or the call has gone away inside.
    if (this.kept > 0 || this.call !== call) return;
    const trailers = this.#trailers;
    if (trailers !== null) {
      this.#trailers = null;
      this.end(trailers);
      return;
    }
    call.onReadEnd();
    this.#pipeline.onCaughtUp(this);
  }
}
