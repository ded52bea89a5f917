import { isRefusedForLength } from '../../http/body-limit.ts';
import type { ErrorCode } from '../../http/errors.ts';
import { BODY_CHUNKED } from '../../http/framing.ts';
import type { UwsApp, UwsRequest, UwsResponse } from './binding.ts';
import { UwsExchange, type UwsShared } from './exchange.ts';
import { type PeerEntry, Peers } from './peers.ts';
import { refuse } from './refusal.ts';
import { RequestText } from './request-text.ts';
import type { UwsTls } from './tls-view.ts';

/**
 * Largest request head. µWS takes more only when it happens to come in one read, so that the same request would fail now
 * and then; newer builds know a variable that raises their limit.
 */
const HEAD_LIMIT = Number(process.env.UWS_HTTP_MAX_HEADERS_SIZE) || 4096;

/**
 * Where requests come in: one for plain HTTP, one for each certificate. µWS tells nothing about the connection that a
 * request came on, but its address; which of the handlers it calls says the rest.
 */
export class UwsEntrance {
  readonly #shared: UwsShared;
  readonly #scheme: 'http' | 'https';
  readonly #tls: UwsTls | null;
  readonly #text = new RequestText();
  readonly #peers: Peers<UwsExchange>;

  /**
   * @param tls null for plain HTTP
   * @param port that the connections are accepted on, once it is known
   */
  constructor(shared: UwsShared, tls: UwsTls | null, port: () => number) {
    this.#shared = shared;
    this.#scheme = tls === null ? 'http' : 'https';
    this.#tls = tls;
    this.#peers = new Peers(port, tls);
  }

  /** Serves all requests of the app, or of the domain that it was last told about. */
  open(app: UwsApp): void {
    app.any('/*', (response, request) => this.#receive(response, request));
  }

  /** An exception here would end the process: µWS does not let a handler return without an answer. */
  #receive(response: UwsResponse, request: UwsRequest): void {
    try {
      this.#open(response, request);
    } catch (error) {
      response.close();
      throw error;
    }
  }

  #open(response: UwsResponse, request: UwsRequest): void {
    const entry = this.#peers.entry(response.getRemoteAddress());
    const { host } = this.#shared;
    if (!this.#shared.admits()) {
      response.onAborted(() => {});
      response.close();
      return;
    }
    const exchange = entry.take() ?? new UwsExchange(this.#shared, entry, this.#scheme);
    const problem = this.#read(request, exchange, entry);
    if (problem === '') {
      exchange.begin(response, this.#text.closes);
      return;
    }
    const requestId = host.newRequestId();
    refuse(response, problem, requestId, exchange.head.method === 'HEAD');
    host.onRejected(problem, requestId, entry.peer);
    entry.give(exchange);
  }

  #read(request: UwsRequest, { head }: UwsExchange, { peer }: PeerEntry<UwsExchange>): ErrorCode | '' {
    const { limits, pathPolicy, trustedProxies } = this.#shared.host.settings;
    peer.judge(trustedProxies);
    head.method = '';
    const text = this.#text.read(request);
    if (text === '') return 'bad_header';
    const problem = head.parse(text, limits, pathPolicy);
    if (problem !== '') return problem;
    if (text.length > Math.min(HEAD_LIMIT, limits.requestLine + limits.headerBytes))
      return 'headers_too_large';
    // µWS takes malformed chunks for well-formed ones where nobody can see it (rule A12), so it gets none.
    if (head.bodyKind === BODY_CHUNKED) return 'length_required';
    if (isRefusedForLength(head, limits.body)) return 'body_too_large';
    if (this.#tls !== null && !this.#tls.serves(head.host)) return 'misdirected_request';
    return '';
  }
}
