import { HEX } from './characters.ts';
import { latin1 } from './latin1.ts';

/** Where the decoded pieces go. */
export interface ChunkSink {
  onChunkData(data: Buffer): void;
}

const SIZE_FIRST = 0;
const SIZE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILER = 7;
const DONE = 8;
const FAILED = 9;

const CR = 13;
const LF = 10;

/** Bytes of chunk extensions one body may carry: they are free for an attacker otherwise (rule A12). */
const MAX_EXTENSION_BYTES = 8 * 1024;
const MAX_TRAILER_BYTES = 16 * 1024;

/**
 * Strict decoder of RFC 9112 section 7.1 (rule A12). Puts up with any split of the input, never accepts a bare LF, and
 * knows exactly where the body ends.
 */
export class ChunkedDecoder {
  #state = SIZE_FIRST;
  #remaining = 0;
  #extensionBytes = 0;
  /** Raw trailer section without its final empty line; lines end with CRLF. Valid once done. */
  trailers = '';

  reset(): void {
    this.#state = SIZE_FIRST;
    this.#remaining = 0;
    this.#extensionBytes = 0;
    this.trailers = '';
  }

  get done(): boolean {
    return this.#state === DONE;
  }

  get failed(): boolean {
    return this.#state === FAILED;
  }

  /**
   * Consumes `input[at, length)` until the body is done, the input ends or the framing is broken.
   *
   * @returns the index of the first byte not consumed
   */
  decode(input: Buffer, at: number, length: number, sink: ChunkSink): number {
    while (at < length) {
      switch (this.#state) {
        case SIZE_FIRST:
        case SIZE: {
          const digit = HEX[input[at]!]!;
          if (digit !== 255) {
            // 2^49 bytes is past any real body and still exact in a double after one more digit.
            if (this.#remaining >= 2 ** 49) return this.#fail(at);
            this.#remaining = this.#remaining * 16 + digit;
            this.#state = SIZE;
            at++;
            break;
          }
          if (this.#state === SIZE_FIRST) return this.#fail(at);
          const code = input[at]!;
          if (code === CR) this.#state = SIZE_LF;
          else if (code === 0x3b || code === 0x20 || code === 0x09) this.#state = EXTENSION;
          else return this.#fail(at);
          at++;
          break;
        }
        case EXTENSION: {
          const code = input[at++]!;
          if (code === CR) this.#state = SIZE_LF;
          else if (
            (code < 0x20 && code !== 0x09) ||
            code === 0x7f ||
            ++this.#extensionBytes > MAX_EXTENSION_BYTES
          ) {
            return this.#fail(at);
          }
          break;
        }
        case SIZE_LF:
          if (input[at++] !== LF) return this.#fail(at);
          this.#state = this.#remaining === 0 ? TRAILER : DATA;
          break;
        case DATA: {
          const take = Math.min(this.#remaining, length - at);
          sink.onChunkData(input.subarray(at, at + take));
          at += take;
          this.#remaining -= take;
          if (this.#remaining === 0) this.#state = DATA_CR;
          break;
        }
        case DATA_CR:
          if (input[at++] !== CR) return this.#fail(at);
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (input[at++] !== LF) return this.#fail(at);
          this.#state = SIZE_FIRST;
          break;
        case TRAILER:
          at = this.#readTrailer(input, at, length);
          break;
        default:
          return at;
      }
    }
    return at;
  }

  /** Collects whole lines; the section ends with an empty one. */
  #readTrailer(input: Buffer, at: number, length: number): number {
    const found = input.indexOf(LF, at);
    const lf = found < length ? found : -1;
    const end = lf < 0 ? length : lf + 1;
    this.trailers += latin1(input, at, end);
    if (this.trailers.length > MAX_TRAILER_BYTES) return this.#fail(end);
    if (lf < 0) return end;
    const text = this.trailers;
    if (text === '\r\n' || text.endsWith('\r\n\r\n')) {
      this.trailers = text.slice(0, -2);
      this.#state = DONE;
    } else if (!text.endsWith('\r\n')) {
      return this.#fail(end);
    }
    return end;
  }

  #fail(at: number): number {
    this.#state = FAILED;
    return at;
  }
}
