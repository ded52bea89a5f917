import { applyConnectionOptions, CONNECTION_CLOSE, CONNECTION_KEEP_ALIVE } from './connection-options.ts';
import {
  KIND_CONNECTION,
  KIND_CONTENT_LENGTH,
  KIND_CONTENT_TYPE,
  KIND_DATE,
  KIND_ETAG,
  KIND_KEEP_ALIVE,
  KIND_LOCATION,
  KIND_TRANSFER_ENCODING,
} from './field-kind.ts';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_UNTIL_CLOSE,
  isChunked,
  parseContentLength,
} from './framing.ts';
import { HeaderBlock, SCAN_OK } from './header-block.ts';
import { latin1 } from './latin1.ts';

/** Of a response, whatever the protocol. */
export const MAX_FIELDS = 1000;
const EVENT_STREAM = 'text/event-stream';

/**
 * The head of one response, read as strictly as a request's (rules C8, C9): what an endpoint sends is input too.
 */
export class ResponseHead {
  status = 0;
  /** 10 or 11. */
  version = 11;
  reason = '';
  readonly headers = new HeaderBlock();
  bodyKind = BODY_NONE;
  /** As stated, -1 when there is no Content-Length. For HEAD and 304 it stands without a body. */
  contentLength = -1;
  keepAlive = true;
  hasDate = false;
  /** Server-sent events without a stated length: a stream that may go on for ever. */
  eventStream = false;
  /** Hint of `Keep-Alive: timeout=N` in milliseconds, 0 when absent (rule C14). */
  keepAliveHint = 0;
  #lastRaw = '';
  #lastToHead = false;
  /** The last head was that of the response before. */
  #repeats = false;

  /**
   * @param raw the head with its empty line, latin1
   * @param toHead the request was HEAD: no body whatever the fields say (rule C6)
   * @returns `''`, or what is wrong with it
   */
  parse(raw: string, toHead: boolean): string {
    // Endpoints often repeat a head to the byte (same type, same length, same second); comparing is ten times cheaper
    // than reading it again.
    this.#repeats = raw === this.#lastRaw && toHead === this.#lastToHead && !this.headers.edited;
    if (this.#repeats) return '';
    this.#lastRaw = '';
    const problem = this.#parse(raw, toHead);
    if (problem === '') {
      this.#lastRaw = raw;
      this.#lastToHead = toHead;
    }
    return problem;
  }

  /**
   * Length of the head when `input[at, length)` begins with the last one, to the byte, and that was a repetition already;
   * else 0: with heads that are all different, to look would be in vain.
   */
  repeats(input: Buffer, at: number, length: number, toHead: boolean): number {
    const last = this.#lastRaw;
    const end = at + last.length;
    if (!this.#repeats || end > length || toHead !== this.#lastToHead || this.headers.edited) return 0;
    const text = latin1(input, at, end);
    this.#repeats = text === last;
    if (!this.#repeats) return 0;
    // In one piece: strings that were cut out of others are compared three times as slowly.
    this.#lastRaw = text;
    return end - at;
  }

  #parse(raw: string, toHead: boolean): string {
    const lineEnd = raw.indexOf('\r\n');
    if (!raw.startsWith('HTTP/1.') || lineEnd < 12) return 'no HTTP/1.x status line';
    const minor = raw.charCodeAt(7) - 48;
    if ((minor !== 0 && minor !== 1) || raw.charCodeAt(8) !== 32) return 'no HTTP/1.x status line';
    const hundreds = raw.charCodeAt(9) - 48;
    const tens = raw.charCodeAt(10) - 48;
    const ones = raw.charCodeAt(11) - 48;
    const status = hundreds * 100 + tens * 10 + ones;
    const digits = hundreds > 0 && hundreds < 10 && tens >= 0 && tens < 10 && ones >= 0 && ones < 10;
    if (!digits || (lineEnd > 12 && raw.charCodeAt(12) !== 32)) return 'malformed status line';
    this.version = 10 + minor;
    this.status = status;
    this.reason = lineEnd > 13 ? raw.slice(13, lineEnd) : '';
    if (this.reason !== 'OK' && /[\x00-\x08\x0a-\x1f\x7f]/.test(this.reason))
      return 'malformed reason phrase';
    if (this.headers.scan(raw, lineEnd + 2, MAX_FIELDS) !== SCAN_OK) return 'malformed header field';
    return this.#readFields(toHead);
  }

  #readFields(toHead: boolean): string {
    const headers = this.headers;
    let lengths = 0;
    let codings = 0;
    let connections = 0;
    let contentTypes = 0;
    let locations = 0;
    let etags = 0;
    this.contentLength = -1;
    this.hasDate = false;
    this.eventStream = false;
    this.keepAliveHint = 0;
    for (let i = 0; i < headers.count; i++) {
      switch (headers.kinds[i]) {
        case KIND_CONTENT_LENGTH:
          lengths++;
          this.contentLength = parseContentLength(headers.valueAt(i));
          if (this.contentLength < 0) return 'malformed Content-Length';
          break;
        case KIND_TRANSFER_ENCODING:
          codings++;
          // Rule C9: a coding other than chunked would have to be read until the connection closes.
          if (!isChunked(headers.valueAt(i))) return 'transfer coding other than chunked';
          break;
        case KIND_CONNECTION:
          connections++;
          break;
        case KIND_KEEP_ALIVE:
          this.keepAliveHint = readKeepAliveTimeout(headers.valueAt(i));
          break;
        case KIND_DATE:
          this.hasDate = true;
          break;
        case KIND_CONTENT_TYPE:
          contentTypes++;
          if (headers.valueLengthAt(i) >= EVENT_STREAM.length)
            this.eventStream = isEventStream(headers.valueAt(i));
          break;
        case KIND_LOCATION:
          locations++;
          break;
        case KIND_ETAG:
          etags++;
          break;
        default:
      }
    }
    if (lengths > 0) this.eventStream = false;
    if (lengths > 1) return 'repeated Content-Length';
    if (codings > 1) return 'repeated Transfer-Encoding';
    if (codings > 0 && lengths > 0) return 'Content-Length together with Transfer-Encoding';
    if (codings > 0 && this.version === 10) return 'Transfer-Encoding in an HTTP/1.0 response';
    // Rule B10: two values for a singleton are read differently by every client.
    if (contentTypes > 1 || locations > 1 || etags > 1) return 'repeated singleton field';

    const options = connections === 0 ? 0 : applyConnectionOptions(headers);
    this.keepAlive =
      (options & CONNECTION_CLOSE) === 0 && (this.version === 11 || (options & CONNECTION_KEEP_ALIVE) !== 0);

    const status = this.status;
    if (toHead || status < 200 || status === 204 || status === 304) this.bodyKind = BODY_NONE;
    else if (codings > 0) this.bodyKind = BODY_CHUNKED;
    else if (lengths > 0) this.bodyKind = this.contentLength === 0 ? BODY_NONE : BODY_LENGTH;
    else {
      this.bodyKind = BODY_UNTIL_CLOSE;
      this.keepAlive = false;
    }
    if (status === 204 && (codings > 0 || this.contentLength > 0)) return '204 with a body';
    return '';
  }
}

function isEventStream(contentType: string): boolean {
  return /^text\/event-stream[ \t]*(?:;|$)/i.test(contentType);
}

function readKeepAliveTimeout(value: string): number {
  const match = /timeout\s*=\s*"?(\d{1,6})/i.exec(value);
  return match === null ? 0 : Number(match[1]) * 1000;
}
