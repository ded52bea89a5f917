import type { Exchange } from '../engine/exchange.ts';
import { BODY_NONE } from '../http/framing.ts';
import type { HeaderBlock } from '../http/header-block.ts';
import type { ClientTlsView, PluginExchange, PluginRequest } from '../plugins/api.ts';

/** What plugins see of an exchange. Made per exchange, never reused: a plugin may hold on to it. */
export class PluginView implements PluginExchange, PluginRequest {
  readonly method: string;
  readonly target: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly scheme: 'http' | 'https';
  readonly httpVersion: '1.0' | '1.1' | '2.0';
  readonly headers: HeaderBlock;
  readonly clientIp: string;
  readonly peerIp: string;
  readonly fromTrustedProxy: boolean;
  readonly hasBody: boolean;
  readonly tls: ClientTlsView | null;
  readonly traceId: string;
  readonly route: PluginExchange['route'];
  requestId: string;
  #locals: Map<unknown, unknown> | null = null;

  constructor(source: {
    exchange: Exchange;
    clientIp: string;
    requestId: string;
    traceId: string;
    route: PluginExchange['route'];
  }) {
    const { head, peer, scheme } = source.exchange;
    this.method = head.method;
    this.target = head.target;
    this.path = head.path;
    this.query = head.search === '' ? '' : head.search.slice(1);
    this.host = head.host;
    this.scheme = scheme;
    this.httpVersion = head.version === 10 ? '1.0' : head.version === 11 ? '1.1' : '2.0';
    this.headers = head.headers;
    this.clientIp = source.clientIp;
    this.peerIp = peer.ip;
    this.fromTrustedProxy = peer.trusted;
    this.hasBody = head.bodyKind !== BODY_NONE;
    this.tls = peer.tls;
    this.requestId = source.requestId;
    this.traceId = source.traceId;
    this.route = source.route;
  }

  get request(): PluginRequest {
    return this;
  }

  get locals(): Map<unknown, unknown> {
    this.#locals ??= new Map();
    return this.#locals;
  }
}
