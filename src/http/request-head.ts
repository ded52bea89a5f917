import type { PathPolicy, WorkerLimits } from '../shared/messages.ts';
import { canonicalPath } from './canonical-path.ts';
import {
  TARGET,
  TARGET_ILLEGAL,
  TARGET_PLAIN,
  TARGET_QUERY,
  TARGET_SLASH,
  TARGET_SUSPECT,
  TOKEN,
} from './characters.ts';
import {
  applyConnectionOptions,
  CONNECTION_CLOSE,
  CONNECTION_FORBIDDEN,
  CONNECTION_KEEP_ALIVE,
  CONNECTION_UPGRADE,
} from './connection-options.ts';
import type { ErrorCode } from './errors.ts';
import {
  KIND_AUTHORIZATION,
  KIND_CONNECTION,
  KIND_CONTENT_LENGTH,
  KIND_CONTENT_TYPE,
  KIND_EXPECT,
  KIND_HOST,
  KIND_TE,
  KIND_TRANSFER_ENCODING,
  KIND_UPGRADE,
} from './field-kind.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, isChunked, parseContentLength } from './framing.ts';
import { HeaderBlock, SCAN_OK, SCAN_TOO_MANY } from './header-block.ts';
import { parseAuthority } from './host.ts';

const SPACE = 32;
const SLASH = 47;
const DOT = 46;

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ABSOLUTE_FORM = /^(https?):\/\/([^/?#]*)([/?].*)?$/i;

/**
 * The head of one request, read strictly by rules A1 to A13. One instance serves a connection for all its requests.
 */
export class RequestHead {
  method = '';
  /** As received. */
  target = '';
  /** Method, space and target as received. */
  start = '';
  /** Canonical path (rule B13); `*` for the asterisk form. */
  path = '';
  /** With its `?`; `''` if there is none. */
  search = '';
  /** True when the endpoint must get the canonical path because the received one was not canonical. */
  rewritten = false;
  /** 10 or 11. */
  version = 11;
  /** Lower case, without port; `''` only for HTTP/1.0 without Host. */
  host = '';
  /** Host field, or the authority of an absolute-form target, as written. */
  authority = '';
  headers = new HeaderBlock();
  /** BODY_NONE, BODY_LENGTH or BODY_CHUNKED. */
  bodyKind = BODY_NONE;
  /** 0 unless bodyKind is BODY_LENGTH. */
  contentLength = 0;
  keepAlive = true;
  expectContinue = false;
  /** The client sent `TE: trailers`. */
  wantsTrailers = false;
  /** The client asks for another protocol: HTTP/1.1 with Upgrade and `Connection: upgrade` (RFC 9110 section 7.8). */
  upgrade = false;

  #lastAuthority = '';
  #lastHost = '';
  /** Header section of the last request, `''` if it cannot stand for the next one. */
  #section = '';
  #sectionVersion = 0;
  #sectionWantsTrailers = false;

  /**
   * @param raw the head with its empty line, latin1
   * @returns `''`, or the code of the error to answer with
   */
  parse(raw: string, limits: WorkerLimits, policy: PathPolicy): ErrorCode | '' {
    const lineEnd = raw.indexOf('\r\n');
    if (lineEnd > limits.requestLine) return 'uri_too_long';
    const problem = this.#parseRequestLine(raw, lineEnd, policy);
    if (problem !== '') return problem;

    // The requests of a connection mostly differ in their first line only: then everything read from the fields the
    // last time, and the block itself, still holds.
    const section = raw.slice(lineEnd + 2);
    const originForm = this.authority === '';
    if (originForm && section === this.#section && this.version === this.#sectionVersion) {
      if (this.headers.edited) this.headers.rewind();
      this.wantsTrailers = this.#sectionWantsTrailers;
      this.authority = this.#lastAuthority;
      return '';
    }
    this.#section = '';
    const refused = this.#parseFields(raw, lineEnd, limits);
    if (refused === '' && originForm) {
      this.headers.checkpoint();
      this.#sectionWantsTrailers = this.wantsTrailers;
      this.#section = section;
      this.#sectionVersion = this.version;
    }
    return refused;
  }

  /** Leaves the block of the last request to whoever may still hold on to it. */
  releaseHeaders(): void {
    this.headers = new HeaderBlock();
    this.#section = '';
  }

  #parseFields(raw: string, lineEnd: number, limits: WorkerLimits): ErrorCode | '' {
    const scan = this.headers.scan(raw, lineEnd + 2, limits.headerCount);
    if (scan !== SCAN_OK) return scan === SCAN_TOO_MANY ? 'headers_too_large' : 'bad_header';
    return this.#readFields();
  }

  #parseRequestLine(raw: string, lineEnd: number, policy: PathPolicy): ErrorCode | '' {
    let at = 0;
    while (at < lineEnd && TOKEN[raw.charCodeAt(at)]! !== 0 && raw.charCodeAt(at) !== SPACE) at++;
    if (raw.charCodeAt(at) !== SPACE || at === 0) {
      const space = raw.indexOf(' ');
      return space > 0 && space < lineEnd && !METHOD.test(raw.slice(0, space))
        ? 'method_not_implemented'
        : 'bad_request_line';
    }
    this.method = internMethod(raw, at);

    const targetStart = at + 1;
    const originForm = raw.charCodeAt(targetStart) === SLASH;
    let suspect = false;
    let queryAt = -1;
    let code = 0;
    for (at = targetStart; at < lineEnd; at++) {
      code = raw.charCodeAt(at);
      const kind = TARGET[code]!;
      if (kind === TARGET_PLAIN) continue;
      if (kind === TARGET_ILLEGAL) break;
      if (queryAt >= 0) continue;
      if (kind === TARGET_QUERY) queryAt = at;
      else if (kind === TARGET_SUSPECT) suspect = true;
      else if (kind === TARGET_SLASH) {
        const next = raw.charCodeAt(at + 1);
        if (next === SLASH || next === DOT) suspect = true;
      }
    }
    if (at === targetStart) return 'bad_request_line';
    if (at >= lineEnd) return 'bad_request_line';
    if (code !== SPACE) return 'bad_target';
    const version = this.#parseVersion(raw, at + 1, lineEnd);
    if (version !== '') return version;

    this.target = raw.slice(targetStart, at);
    this.start = raw.slice(0, at);
    this.authority = '';
    if (!originForm) return this.#parseOtherForm(policy);
    const pathEnd = queryAt < 0 ? at : queryAt;
    this.search = queryAt < 0 ? '' : raw.slice(queryAt, at);
    return this.#setPath(raw.slice(targetStart, pathEnd), suspect, policy);
  }

  #setPath(path: string, suspect: boolean, policy: PathPolicy): ErrorCode | '' {
    this.path = path;
    this.rewritten = false;
    if (!suspect) return '';
    const canonical = canonicalPath(path, policy);
    if (canonical === null) return 'bad_path';
    // Equal length means that only the case of escapes changed: the endpoint then gets what the client sent.
    this.rewritten = canonical.length !== path.length;
    this.path = canonical;
    return '';
  }

  #parseVersion(raw: string, start: number, lineEnd: number): ErrorCode | '' {
    if (lineEnd - start === 8 && raw.startsWith('HTTP/1.', start)) {
      const minor = raw.charCodeAt(start + 7);
      if (minor === 0x31 || minor === 0x30) {
        this.version = minor === 0x31 ? 11 : 10;
        return '';
      }
    }
    const text = raw.slice(start, lineEnd);
    if (/^HTTP\/\d\.\d$/.test(text)) return 'version_not_supported';
    // A space inside the target looks like a broken version.
    return / HTTP\/\d\.\d$/.test(text) ? 'bad_target' : 'bad_request_line';
  }

  /** Absolute, asterisk and authority form (rule A2). */
  #parseOtherForm(policy: PathPolicy): ErrorCode | '' {
    if (this.method === 'CONNECT') return 'method_not_implemented';
    if (this.target === '*') {
      if (this.method !== 'OPTIONS') return 'bad_target';
      this.search = '';
      this.path = '*';
      this.rewritten = false;
      return '';
    }
    const match = ABSOLUTE_FORM.exec(this.target);
    if (match === null || match[2] === '') return 'bad_target';
    const rest = match[3] ?? '/';
    const full = rest.startsWith('?') ? `/${rest}` : rest;
    const query = full.indexOf('?');
    this.authority = match[2]!;
    this.search = query < 0 ? '' : full.slice(query);
    const problem = this.#setPath(query < 0 ? full : full.slice(0, query), true, policy);
    this.rewritten = true;
    return problem;
  }

  #readFields(): ErrorCode | '' {
    const headers = this.headers;
    let hosts = 0;
    let lengths = 0;
    let codings = 0;
    let contentTypes = 0;
    let authorizations = 0;
    let connections = 0;
    let hostValue = '';
    this.expectContinue = false;
    this.wantsTrailers = false;
    this.bodyKind = BODY_NONE;
    this.contentLength = 0;

    for (let i = 0; i < headers.count; i++) {
      switch (headers.kinds[i]) {
        case KIND_HOST:
          hosts++;
          hostValue = headers.valueAt(i);
          break;
        case KIND_CONTENT_LENGTH:
          lengths++;
          this.contentLength = parseContentLength(headers.valueAt(i));
          break;
        case KIND_TRANSFER_ENCODING:
          codings++;
          if (!isChunked(headers.valueAt(i))) {
            return /chunked/i.test(headers.valueAt(i)) ? 'bad_framing' : 'unknown_coding';
          }
          break;
        case KIND_CONNECTION:
          connections++;
          break;
        case KIND_EXPECT:
          if (headers.valueAt(i).toLowerCase() !== '100-continue') return 'expectation_failed';
          this.expectContinue = this.version === 11;
          break;
        case KIND_TE:
          this.wantsTrailers ||= /(?:^|,)\s*trailers\s*(?:$|[,;])/i.test(headers.valueAt(i));
          break;
        case KIND_CONTENT_TYPE:
          contentTypes++;
          break;
        case KIND_AUTHORIZATION:
          authorizations++;
          break;
        default:
      }
    }

    if (contentTypes > 1 || authorizations > 1) return 'bad_header';
    if (codings > 0) {
      // Rules A9 and A10: either of these is how requests are smuggled past a proxy.
      if (lengths > 0 || codings > 1 || this.version === 10) return 'bad_framing';
      this.bodyKind = BODY_CHUNKED;
    } else if (lengths > 0) {
      if (lengths > 1 || this.contentLength < 0) return 'bad_framing';
      this.bodyKind = BODY_LENGTH;
    }

    const options = connections === 0 ? 0 : applyConnectionOptions(headers);
    if ((options & CONNECTION_FORBIDDEN) !== 0) return 'bad_connection_option';
    this.keepAlive =
      this.version === 11
        ? (options & CONNECTION_CLOSE) === 0
        : (options & CONNECTION_KEEP_ALIVE) !== 0 && (options & CONNECTION_CLOSE) === 0;

    this.upgrade =
      (options & CONNECTION_UPGRADE) !== 0 && this.version === 11 && headers.indexOfKind(KIND_UPGRADE) >= 0;

    if (hosts !== 1 && !(hosts === 0 && this.version === 10)) return 'bad_host';
    return this.#setHost(hostValue);
  }

  /** The authority of an absolute-form target wins over Host (RFC 9112 section 3.2.2), but both must be legal. */
  #setHost(hostValue: string): ErrorCode | '' {
    if (this.authority !== '' && hostValue !== '' && parseAuthority(hostValue) === null) return 'bad_host';
    const authority = this.authority === '' ? hostValue : this.authority;
    this.authority = authority;
    // A connection nearly always repeats the same Host; one string comparison replaces the parse.
    if (authority !== this.#lastAuthority) {
      const parsed = parseAuthority(authority);
      if (parsed === null) {
        this.#lastAuthority = '';
        if (!(authority === '' && this.version === 10)) return 'bad_host';
        this.#lastHost = '';
      } else {
        this.#lastHost = parsed.host;
      }
      this.#lastAuthority = authority;
    } else if (authority === '' && this.version === 11) {
      return 'bad_host';
    }
    this.host = this.#lastHost;
    return '';
  }
}

/** The frequent methods as constants, so that no string is made for them. */
function internMethod(raw: string, end: number): string {
  switch (raw.charCodeAt(0)) {
    case 0x47:
      if (end === 3 && raw.startsWith('GET')) return 'GET';
      break;
    case 0x50:
      if (end === 4 && raw.startsWith('POST')) return 'POST';
      if (end === 3 && raw.startsWith('PUT')) return 'PUT';
      if (end === 5 && raw.startsWith('PATCH')) return 'PATCH';
      break;
    case 0x48:
      if (end === 4 && raw.startsWith('HEAD')) return 'HEAD';
      break;
    case 0x44:
      if (end === 6 && raw.startsWith('DELETE')) return 'DELETE';
      break;
    case 0x4f:
      if (end === 7 && raw.startsWith('OPTIONS')) return 'OPTIONS';
      break;
    default:
  }
  return raw.slice(0, end);
}
