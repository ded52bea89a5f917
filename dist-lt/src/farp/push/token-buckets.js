/** Token buckets by key, of which a flood of keys cannot make more than so many. */
export class TokenBuckets {
    #maxKeys;
    /** In the order of their last use. */
    #buckets = new Map();
    constructor(maxKeys) {
        this.#maxKeys = maxKeys;
    }
    /**
     * Takes a token. A bucket holds `perMinute` of them and is refilled evenly.
     *
     * @param now milliseconds of a clock that never goes back
     * @returns 0, or the seconds after which it is worth trying again
     */
    take(key, perMinute, now) {
        const known = this.#buckets.get(key);
        const refill = known === undefined ? perMinute : ((now - known.at) * perMinute) / 60_000;
        const tokens = Math.min(perMinute, (known?.tokens ?? 0) + refill);
        this.#buckets.delete(key);
        this.#buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
        if (this.#buckets.size > this.#maxKeys)
            this.#buckets.delete(this.#buckets.keys().next().value);
        return tokens >= 1 ? 0 : Math.max(1, Math.ceil(((1 - tokens) * 60) / perMinute));
    }
}
//# sourceMappingURL=token-buckets.js.map