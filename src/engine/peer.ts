import type { BlockList } from 'node:net';
import { isIP } from 'node:net';

/** The TCP peer of a client connection and what is derived from it once per connection. */
export class Peer {
  readonly ip: string;
  readonly trusted: boolean;
  /** Local port the client connected to. */
  readonly localPort: number;
  /** Field lines that are the same for every request with the same authority (see `worker/upstream-request.ts`). */
  forwardedAuthority: string | null = null;
  forwardedLines = '';

  constructor(address: string, localPort: number, trustedProxies: BlockList) {
    // A dual-stack listener shows IPv4 peers as ::ffff:192.0.2.1.
    this.ip = address.startsWith('::ffff:') ? address.slice(7) : address;
    this.localPort = localPort;
    this.trusted = isTrusted(this.ip, trustedProxies);
  }
}

export function isTrusted(ip: string, trustedProxies: BlockList): boolean {
  const family = isIP(ip);
  return family !== 0 && trustedProxies.check(ip, family === 6 ? 'ipv6' : 'ipv4');
}
