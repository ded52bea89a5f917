import { BODY_NONE } from '../http/framing.js';
/** What plugins see of an exchange. Made per exchange, never reused: a plugin may hold on to it. */
export class PluginView {
    method;
    target;
    path;
    query;
    host;
    scheme;
    httpVersion;
    headers;
    clientIp;
    peerIp;
    fromTrustedProxy;
    hasBody;
    tls;
    traceId;
    route;
    requestId;
    #locals = null;
    constructor(source) {
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
    get request() {
        return this;
    }
    get locals() {
        this.#locals ??= new Map();
        return this.#locals;
    }
}
//# sourceMappingURL=plugin-view.js.map