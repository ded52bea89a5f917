import { hash, randomBytes } from 'node:crypto';
const MAX_ENTRIES = 10_000;
/**
 * Remembers which Authorization values were verified, for whom. Keys are SHA-256 over a secret of this process and the
 * value, so the memory holds no credentials and nobody outside can compute a key.
 */
export class VerifiedCache {
    /** ASCII, so that hashing it with the value needs no conversion. */
    #secret = randomBytes(24).toString('base64');
    #ttl;
    #now;
    #entries = new Map();
    /** @param ttl milliseconds that a verification holds */
    constructor(ttl, now = () => performance.now()) {
        this.#ttl = ttl;
        this.#now = now;
    }
    keyOf(authorization) {
        return hash('sha256', this.#secret + authorization, 'base64');
    }
    /** The user whose credentials these are, if they were verified and still hold. */
    get(key) {
        const entry = this.#entries.get(key);
        if (entry === undefined)
            return undefined;
        if (entry.expires > this.#now())
            return entry.username;
        this.#entries.delete(key);
        return undefined;
    }
    /** Only what was verified comes in, so clients cannot fill it; the cap holds for very many real users. */
    add(key, username) {
        if (this.#entries.size >= MAX_ENTRIES) {
            const oldest = this.#entries.keys().next();
            if (!oldest.done)
                this.#entries.delete(oldest.value);
        }
        this.#entries.set(key, { username, expires: this.#now() + this.#ttl });
    }
}
//# sourceMappingURL=verified-cache.js.map