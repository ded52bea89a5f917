import { constants, type Http2Stream } from 'node:http2';
import type { ByteReader, ByteStream } from '../shared/byte-stream.ts';
import { retain } from '../shared/read-buffer.ts';
import { closeStream } from './http2-close.ts';

/** An HTTP/2 stream that became a tunnel (RFC 8441), at either end: its DATA frames are the bytes. */
export class Http2ByteStream implements ByteStream {
  readonly #stream: Http2Stream;
  #reader: ByteReader | null = null;
  #aborted = false;

  constructor(stream: Http2Stream) {
    this.#stream = stream;
  }

  start(reader: ByteReader): void {
    const stream = this.#stream;
    this.#reader = reader;
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
    if (!stream.destroyed && !(stream.writableEnded && stream.readableEnded))
      closeStream(stream, constants.NGHTTP2_CANCEL);
  }

  // --- from the owner of the stream ------------------------------------------------------------------------------

  drained(): void {
    this.#reader?.onDrain();
  }

  closed(): void {
    this.#reader?.onGone();
  }
}
