import { HASH_PRIME, HASH_SEED, HEADER_ANY_HOST, HEADER_HOST_MASK, HEADER_HOSTS, HEADER_WILDCARD_HOSTS, HOST_HASH, HOST_KEY, HOST_LENGTH, HOST_ROOT, HOST_WORDS, MAX_HOST_LENGTH, } from './snapshot-layout.js';
const DOT = 46;
/**
 * Tells which tries to search for a host, the most specific first: the host itself, `*.` patterns from the longest to
 * the shortest, routes for any host. Keeps the answer for the last host, since one connection mostly stays with one.
 */
export class HostIndex {
    /** Root nodes after `resolve`; the first `count` are valid. */
    roots;
    count = 0;
    #words;
    #bytes;
    #slots;
    #mask;
    #anyRoot;
    #hasWildcards;
    #suffixAt;
    #suffixHash;
    #host = null;
    constructor(words, bytes) {
        this.#words = words;
        this.#bytes = bytes;
        this.#slots = words[HEADER_HOSTS];
        this.#mask = words[HEADER_HOST_MASK];
        this.#anyRoot = words[HEADER_ANY_HOST];
        this.#hasWildcards = words[HEADER_WILDCARD_HOSTS] === 1;
        const suffixes = this.#hasWildcards ? MAX_HOST_LENGTH : 0;
        this.#suffixAt = new Int32Array(suffixes);
        this.#suffixHash = new Int32Array(suffixes);
        this.roots = new Int32Array(suffixes + 2);
        if (this.#mask < 0)
            this.#add(this.#anyRoot);
    }
    resolve(host) {
        if (this.#mask < 0 || host === this.#host)
            return;
        this.#host = host;
        this.count = 0;
        if (host.length <= MAX_HOST_LENGTH)
            this.#addNamed(host);
        this.#add(this.#anyRoot);
    }
    #addNamed(host) {
        const suffixAt = this.#suffixAt;
        const suffixHash = this.#suffixHash;
        let suffixes = 0;
        let hash = HASH_SEED;
        for (let i = host.length - 1; i >= 0; i--) {
            const code = host.charCodeAt(i);
            hash = Math.imul(hash ^ code, HASH_PRIME);
            // `*` stands for at least one character, so the first one is no suffix.
            if (code === DOT && this.#hasWildcards && i > 0) {
                suffixAt[suffixes] = i;
                suffixHash[suffixes++] = hash;
            }
        }
        // A leading dot is how the keys of `*.` patterns begin.
        if (host.charCodeAt(0) !== DOT)
            this.#add(this.#lookUp(0, hash));
        while (suffixes-- > 0)
            this.#add(this.#lookUp(suffixAt[suffixes], suffixHash[suffixes]));
    }
    #add(root) {
        if (root !== 0)
            this.roots[this.count++] = root;
    }
    /** @returns the root for the host from that character on, or 0 */
    #lookUp(from, hash) {
        const words = this.#words;
        for (let slot = hash & this.#mask;; slot = (slot + 1) & this.#mask) {
            const at = this.#slots + slot * HOST_WORDS;
            const root = words[at + HOST_ROOT];
            if (root === 0 || (words[at + HOST_HASH] === hash && this.#isKey(at, from)))
                return root;
        }
    }
    #isKey(slot, from) {
        const host = this.#host;
        const length = host.length - from;
        if (this.#words[slot + HOST_LENGTH] !== length)
            return false;
        const key = this.#words[slot + HOST_KEY];
        for (let i = 0; i < length; i++) {
            if (this.#bytes[key + i] !== host.charCodeAt(from + i))
                return false;
        }
        return true;
    }
}
//# sourceMappingURL=host-index.js.map