import { latin1 } from '../../http/latin1.js';
import { Peer } from '../peer.js';
/** Addresses remembered at once; beyond it all are forgotten, which costs each of them one new object. */
const MAX_PEERS = 10_000;
/** Exchanges kept for the next requests of one address. */
const MAX_SPARE = 64;
/**
 * One client address. µWS does not say to which connection a request belongs, so what others keep per connection is kept
 * per address.
 */
export class PeerEntry {
    peer;
    #spare = [];
    constructor(peer) {
        this.peer = peer;
    }
    take() {
        return this.#spare.pop();
    }
    /** @param exchange ended cleanly: nothing of µWS can call it any more */
    give(exchange) {
        if (this.#spare.length < MAX_SPARE)
            this.#spare.push(exchange);
    }
}
export class Peers {
    #entries = new Map();
    #localPort;
    constructor(localPort) {
        this.#localPort = localPort;
    }
    /** @param address 4 or 16 bytes */
    entry(address) {
        const bytes = Buffer.from(address);
        const key = latin1(bytes, 0, bytes.length);
        const known = this.#entries.get(key);
        if (known !== undefined)
            return known;
        if (this.#entries.size >= MAX_PEERS)
            this.#entries.clear();
        const entry = new PeerEntry(new Peer(addressText(bytes), this.#localPort()));
        this.#entries.set(key, entry);
        return entry;
    }
}
/** RFC 5952 text of an address, IPv4 for IPv4-mapped ones; `''` when µWS knows none any more. */
export function addressText(bytes) {
    if (bytes.length === 4)
        return bytes.join('.');
    if (bytes.length !== 16)
        return '';
    if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
        return bytes.subarray(12).join('.');
    }
    const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16));
    // The URL parser of Node writes the shortest form.
    return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}
//# sourceMappingURL=peers.js.map