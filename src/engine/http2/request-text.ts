import { randomBytes } from 'node:crypto';
import { isToken } from '../../http/characters.ts';
import type { ErrorCode } from '../../http/errors.ts';
import { parseAuthority } from '../../http/host.ts';
import type { RequestHead } from '../../http/request-head.ts';
import type { PathPolicy, WorkerLimits } from '../../shared/messages.ts';

/** What decides whether a scheme is believed. */
export interface RequestOrigin {
  readonly scheme: 'http' | 'https';
  /** The peer is a trusted proxy, which may have taken TLS off. */
  readonly trusted: boolean;
}

/**
 * Writes an HTTP/2 request as the HTTP/1.1 head it stands for, so that the one strict reader judges it by the same rules
 * and limits (rule D6). What has no counterpart there is judged here (D3, D4).
 */
export class RequestText {
  #text = '';
  #method = '';
  #path = '';
  #scheme = '';
  #authority = '';
  #protocol = '';
  #host: string | null = null;
  #cookies = '';
  #lengthStated = false;
  #fields = 0;

  /**
   * @param raw names and values as received, pseudo-fields first (the session has seen to that)
   * @param ended no body follows
   * @returns `''`, or the code of the error to answer with
   */
  read(
    raw: readonly string[],
    ended: boolean,
    head: RequestHead,
    origin: RequestOrigin,
    limits: WorkerLimits,
    policy: PathPolicy,
  ): ErrorCode | '' {
    this.#collect(raw);
    const problem = this.#checkPseudo(origin);
    if (problem !== '') return problem;
    if (this.#cookies !== '') this.#add('cookie', this.#cookies);
    if (this.#protocol !== '') this.#toHandshake();
    else if (!ended && !this.#lengthStated) this.#add('transfer-encoding', 'chunked');
    const line = `${this.#method} ${this.#path} HTTP/1.1\r\n`;
    const text = `${line}host: ${this.#authority}\r\n${this.#text}\r\n`;
    // The session only advises clients of the limit: many fields of moderate size get past it (rule D7).
    if (text.length - line.length > limits.headerBytes) return 'headers_too_large';
    const refused = head.parse(text, limits, policy);
    if (refused !== '') return refused;
    // A line end inside a value would have made a field of its own.
    if (head.headers.count !== this.#fields + 1) return 'bad_header';
    head.version = 20;
    head.keepAlive = true;
    return '';
  }

  #collect(raw: readonly string[]): void {
    this.#text = '';
    this.#method = '';
    this.#path = '';
    this.#scheme = '';
    this.#authority = '';
    this.#protocol = '';
    this.#host = null;
    this.#cookies = '';
    this.#lengthStated = false;
    this.#fields = 0;
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i]!;
      const value = raw[i + 1]!;
      switch (name) {
        case ':method':
          this.#method = value;
          break;
        case ':path':
          this.#path = value;
          break;
        case ':scheme':
          this.#scheme = value;
          break;
        case ':authority':
          this.#authority = value;
          break;
        case ':protocol':
          this.#protocol = value;
          break;
        case 'host':
          this.#host = this.#host === null ? value : `${this.#host},${value}`;
          break;
        case 'cookie':
          // Rule B9: crumbs are one field again (RFC 9113 section 8.2.3).
          this.#cookies = this.#cookies === '' ? value : `${this.#cookies}; ${value}`;
          break;
        case 'sec-websocket-key':
          if (this.#protocol === '') this.#add(name, value);
          break;
        case 'content-length':
          this.#lengthStated = true;
          this.#add(name, value);
          break;
        default:
          this.#add(name, value);
      }
    }
  }

  /**
   * An extended CONNECT is the handshake that it stands for (RFC 8441 section 5), so that routes, plugins and endpoints see
   * the same whatever the client speaks. The key, which HTTP/2 has no use for, is made up here.
   */
  #toHandshake(): void {
    this.#method = 'GET';
    this.#add('connection', 'upgrade');
    this.#add('upgrade', this.#protocol);
    this.#add('sec-websocket-key', randomBytes(16).toString('base64'));
  }

  #add(name: string, value: string): void {
    this.#text += `${name}: ${value}\r\n`;
    this.#fields++;
  }

  #checkPseudo({ scheme, trusted }: RequestOrigin): ErrorCode | '' {
    const connect = this.#method === 'CONNECT';
    if (!isToken(this.#method) || connect !== (this.#protocol === 'websocket'))
      return 'method_not_implemented';
    if (!this.#path.startsWith('/') && this.#path !== '*') return 'bad_target';
    if (this.#scheme !== scheme && !(trusted && (this.#scheme === 'http' || this.#scheme === 'https')))
      return 'bad_target';
    const host = this.#host;
    if (this.#authority === '') this.#authority = host ?? '';
    else if (host !== null && !sameAuthority(host, this.#authority)) return 'bad_host';
    return this.#authority === '' ? 'bad_host' : '';
  }
}

/** Rule D3: whoever routes by one and whoever answers by the other must mean the same host. */
function sameAuthority(a: string, b: string): boolean {
  if (a === b) return true;
  const [first, second] = [parseAuthority(a), parseAuthority(b)];
  return first !== null && second !== null && first.host === second.host && first.port === second.port;
}
