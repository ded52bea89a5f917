import { constants, type Http2Stream } from 'node:http2';
import type { ByteReader, ByteStream } from '../shared/byte-stream.ts';
import { retain } from '../shared/read-buffer.ts';
import { closeStream } from './http2-close.ts';

/** How long the last bytes get to leave once both directions have ended in good order. Milliseconds. */
const LINGER_MS = 5000;

/** An HTTP/2 stream that became a tunnel (RFC 8441), at either end: its DATA frames are the bytes. */
export class Http2ByteStream implements ByteStream {
  readonly #stream: Http2Stream;
  #reader: ByteReader | null = null;
  #aborted = false;
  #gone = false;

  constructor(stream: Http2Stream) {
    this.#stream = stream;
  }

  start(reader: ByteReader): void {
    const stream = this.#stream;
    this.#reader = reader;
    if (this.#gone) {
      reader.onGone();
      return;
    }
    stream.on('data', (chunk: Buffer) => reader.onBytes(chunk, 0, chunk.length));
    stream.on('end', () => {
      // A stream that was reset ends too; then it is about to be closed.
      if (!stream.aborted) reader.onEnd();
    });
  }

  write(input: Buffer, start: number, end: number): boolean {
    if (this.#aborted || this.#stream.destroyed || this.#stream.closed) return true;
    return this.#stream.write(retain(input, start, end));
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    // The peer would see an end in good order before the reset.
    if (!this.#aborted) this.#stream.end();
  }

  /** CANCEL stands for the reset of a TCP connection (RFC 8441 section 5). */
  abort(): void {
    const stream = this.#stream;
    this.#aborted = true;
    if (stream.destroyed) return;
    if (stream.writableEnded && stream.readableEnded) {
      // The last bytes only have to leave; a peer that does not take them does not keep the stream.
      setTimeout(closeStream, LINGER_MS, stream, constants.NGHTTP2_CANCEL).unref();
    } else {
      closeStream(stream, constants.NGHTTP2_CANCEL);
    }
  }

  // --- from the owner of the stream ------------------------------------------------------------------------------

  drained(): void {
    this.#reader?.onDrain();
  }

  closed(): void {
    this.#gone = true;
    if (!this.#aborted) this.#readRest();
    this.#reader?.onGone();
  }

  /** What came before a connection was closed is still good: no more than the window of the stream. */
  #readRest(): void {
    const reader = this.#reader;
    if (reader === null) return;
    const stream = this.#stream;
    for (let rest: Buffer | null = stream.read(); rest !== null; rest = stream.read())
      reader.onBytes(rest, 0, rest.length);
  }
}
