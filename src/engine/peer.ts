import type { IpSet } from '../shared/ip.ts';
import type { ConnectionTls } from './client-tls.ts';

const MAPPED_IPV4 = '::ffff:';

/** The TCP peer of a client connection and what is derived from it once per connection. */
export class Peer {
  readonly ip: string;
  /** The peer is a trusted proxy (rule B6). */
  trusted = false;
  /** Local port the client connected to. */
  readonly localPort: number;
  /** Null on a plain connection. */
  readonly tls: ConnectionTls | null;
  /** Field lines that are the same for every request with the same authority (see `worker/upstream-request.ts`). */
  forwardedAuthority: string | null = null;
  forwardedVia = '';
  forwardedLines = '';
  #judgedBy: IpSet | null = null;

  constructor(address: string, localPort: number, tls: ConnectionTls | null = null) {
    // A dual-stack listener shows IPv4 peers as ::ffff:192.0.2.1.
    this.ip = address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;
    this.localPort = localPort;
    this.tls = tls;
  }

  /** Before every request: a reload may have changed whom the gateway trusts. */
  judge(trustedProxies: IpSet): void {
    if (trustedProxies === this.#judgedBy) return;
    this.#judgedBy = trustedProxies;
    this.trusted = trustedProxies.has(this.ip);
  }
}
