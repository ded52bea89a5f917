const MAPPED_IPV4 = '::ffff:';
/** The TCP peer of a client connection and what is derived from it once per connection. */
export class Peer {
    ip;
    /** The peer is a trusted proxy (rule B6). */
    trusted = false;
    /** Local port the client connected to. */
    localPort;
    /** Null on a plain connection. */
    tls;
    /** Field lines that are the same for every request with the same authority (see `worker/upstream-request.ts`). */
    forwardedAuthority = null;
    forwardedLines = '';
    #judgedBy = null;
    constructor(address, localPort, tls = null) {
        // A dual-stack listener shows IPv4 peers as ::ffff:192.0.2.1.
        this.ip = address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;
        this.localPort = localPort;
        this.tls = tls;
    }
    /** Before every request: a reload may have changed whom the gateway trusts. */
    judge(trustedProxies) {
        if (trustedProxies === this.#judgedBy)
            return;
        this.#judgedBy = trustedProxies;
        this.trusted = trustedProxies.has(this.ip);
    }
}
//# sourceMappingURL=peer.js.map