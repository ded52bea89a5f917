import { BARE_LINE_END } from '../../../http/bare-line-end.ts';
import { ChunkedDecoder } from '../../../http/chunked.ts';
import { DROP_RESPONSE } from '../../../http/forwarding.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from '../../../http/framing.ts';
import { latin1 } from '../../../http/latin1.ts';
import { ResponseHead } from '../../../http/response-head.ts';
import type { Turn } from './turn.ts';

const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');
const MAX_HEAD = 64 * 1024;
/** Interim responses one request may get before the final one. */
const MAX_INFORMATIONAL = 32;

/** Reads the responses of a shared connection one after the other, into their turns. */
export class ResponseReader {
  readonly head = new ResponseHead();
  /** What is wrong with the bytes; `''` while nothing is. */
  problem = '';
  /** The head of the final response has been read. */
  inBody = false;
  /** The response has been read to its end. */
  complete = false;
  trailers = '';
  /** Beginning of a head whose rest has not come yet. */
  partial = '';
  /** Bytes to come of a body with a length. */
  remaining = 0;
  #informational = 0;
  #decoder: ChunkedDecoder | null = null;
  #turn: Turn | null = null;

  /** The body ends when the endpoint closes the connection. */
  get untilClose(): boolean {
    return this.inBody && this.head.bodyKind === BODY_UNTIL_CLOSE;
  }

  /**
   * Reads on in `input[at, length)`, not beyond the end of a response.
   *
   * @returns how far it came
   */
  read(turn: Turn, input: Buffer, at: number, length: number): number {
    if (this.inBody) return this.#readBody(turn, input, at, length);
    const end =
      this.partial === '' ? this.#readHead(turn, input, at, length) : this.#readRest(turn, input, at, length);
    return this.inBody && !this.complete && end < length ? this.#readBody(turn, input, end, length) : end;
  }

  /** The response was taken; the next one follows. */
  next(): void {
    this.inBody = false;
    this.complete = false;
    this.trailers = '';
    this.remaining = 0;
    this.#informational = 0;
  }

  // --- heads -------------------------------------------------------------------------------------------------------

  #readHead(turn: Turn, input: Buffer, at: number, length: number): number {
    const known = this.head.repeats(input, at, length, turn.toHead);
    if (known > 0) {
      this.#onHead(turn);
      return at + known;
    }
    const found = input.indexOf(HEAD_END, at);
    if (found < 0 || found + 4 > length) {
      this.#keepPartial(latin1(input, at, length));
      return length;
    }
    this.#parse(turn, latin1(input, at, found + 4));
    return found + 4;
  }

  /** Goes on with a head that began in an earlier read. */
  #readRest(turn: Turn, input: Buffer, at: number, length: number): number {
    const before = this.partial.length;
    const text = this.partial + latin1(input, at, Math.min(length, at + MAX_HEAD));
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end < 0) {
      this.#keepPartial(text);
      return length;
    }
    this.partial = '';
    this.#parse(turn, text.slice(0, end + 4));
    return at + end + 4 - before;
  }

  #keepPartial(text: string): void {
    this.partial = text;
    if (text.length > MAX_HEAD) this.problem = 'response head over 64 KB';
    else if (BARE_LINE_END.test(text)) this.problem = 'bare CR or LF in the head';
    else if (!text.startsWith('HTTP/'.slice(0, text.length))) this.problem = 'no HTTP/1.x status line';
  }

  #parse(turn: Turn, raw: string): void {
    this.problem = this.head.parse(raw, turn.toHead);
    if (this.problem === '') this.#onHead(turn);
  }

  #onInformational(turn: Turn): void {
    const { status, headers } = this.head;
    if (status === 101) this.problem = 'unsolicited 101 Switching Protocols';
    else if (++this.#informational > MAX_INFORMATIONAL) this.problem = 'too many interim responses';
    else if (status === 103 || status === 102)
      turn.call?.onInformational(status, headers.lines(DROP_RESPONSE));
  }

  #onHead(turn: Turn): void {
    const { head } = this;
    if (head.status < 200) {
      this.#onInformational(turn);
      return;
    }
    this.inBody = true;
    switch (head.bodyKind) {
      case BODY_NONE:
        this.complete = true;
        break;
      case BODY_LENGTH:
        this.remaining = head.contentLength;
        break;
      case BODY_CHUNKED:
        if (this.#decoder === null) this.#decoder = new ChunkedDecoder();
        this.#decoder.reset(0);
        break;
      default:
    }
    turn.call?.onResponseHead(head);
  }

  // --- bodies ------------------------------------------------------------------------------------------------------

  #readBody(turn: Turn, input: Buffer, at: number, length: number): number {
    switch (this.head.bodyKind) {
      case BODY_LENGTH: {
        const end = Math.min(length, at + this.remaining);
        this.remaining -= end - at;
        this.complete = this.remaining === 0;
        turn.data(input, at, end);
        return end;
      }
      case BODY_CHUNKED:
        return this.#readChunks(turn, input, at, length);
      default:
        turn.data(input, at, length);
        return length;
    }
  }

  #readChunks(turn: Turn, input: Buffer, at: number, length: number): number {
    const decoder = this.#decoder!;
    this.#turn = turn;
    const end = decoder.decode(input, at, length, this);
    this.#turn = null;
    if (decoder.failed) this.problem = 'malformed chunked body';
    else if (decoder.done) {
      this.complete = true;
      this.trailers = decoder.trailers;
    }
    return end;
  }

  /** From the chunked decoder. */
  onChunkData(input: Buffer, start: number, end: number): void {
    this.#turn!.data(input, start, end);
  }
}
