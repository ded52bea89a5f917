import { latin1 } from '../../http/latin1.ts';
import type { ConnectionTls } from '../client-tls.ts';
import { Peer } from '../peer.ts';

/** Addresses remembered at once; beyond it all are forgotten, which costs each of them one new object. */
const MAX_PEERS = 10_000;
/** Exchanges kept for the next requests: of one address, and of all. */
const MAX_SPARE = 64;
const MAX_SPARE_TOTAL = 4096;

interface Budget {
  left: number;
}

/**
 * One client address. µWS does not say to which connection a request belongs, so what others keep per connection is kept
 * per address.
 */
export class PeerEntry<Kept> {
  readonly peer: Peer;
  readonly #spare: Kept[] = [];
  readonly #budget: Budget;

  /** @param budget shared by all addresses: nobody can make the gateway keep more by coming from many of them */
  constructor(peer: Peer, budget: Budget) {
    this.peer = peer;
    this.#budget = budget;
  }

  take(): Kept | undefined {
    const spare = this.#spare.pop();
    if (spare !== undefined) this.#budget.left++;
    return spare;
  }

  /** @param exchange ended cleanly: nothing of µWS can call it any more */
  give(exchange: Kept): void {
    if (this.#spare.length >= MAX_SPARE || this.#budget.left <= 0) return;
    this.#budget.left--;
    this.#spare.push(exchange);
  }
}

export class Peers<Kept> {
  readonly #entries = new Map<string, PeerEntry<Kept>>();
  readonly #localPort: () => number;
  readonly #tls: ConnectionTls | null;
  #budget: Budget = { left: MAX_SPARE_TOTAL };

  /** @param tls the same for all of them; null for plain HTTP */
  constructor(localPort: () => number, tls: ConnectionTls | null = null) {
    this.#localPort = localPort;
    this.#tls = tls;
  }

  /** @param address 4 or 16 bytes */
  entry(address: ArrayBuffer): PeerEntry<Kept> {
    const bytes = Buffer.from(address);
    const key = latin1(bytes, 0, bytes.length);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= MAX_PEERS) {
      this.#entries.clear();
      this.#budget = { left: MAX_SPARE_TOTAL };
    }
    const entry = new PeerEntry<Kept>(
      new Peer(addressText(bytes), this.#localPort(), this.#tls),
      this.#budget,
    );
    this.#entries.set(key, entry);
    return entry;
  }
}

/** RFC 5952 text of an address, IPv4 for IPv4-mapped ones; `''` when µWS knows none any more. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
    return bytes.subarray(12).join('.');
  }
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  // The URL parser of Node writes the shortest form.
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}
