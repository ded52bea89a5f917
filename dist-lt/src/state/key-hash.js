/** The last hash, low and high word. Fields instead of a returned pair: this runs for every limited request. */
export class KeyHash {
    low = 0;
    high = 0;
    #key0;
    #key1;
    #wordRounds;
    #finalRounds;
    /** 1 and 3 rounds are what hash tables use; 2 and 4 have published test vectors and take twice as long. */
    constructor(key0, key1, wordRounds = 1, finalRounds = 3) {
        this.#key0 = key0 | 0;
        this.#key1 = key1 | 0;
        this.#wordRounds = wordRounds;
        this.#finalRounds = finalRounds;
    }
    /**
     * HalfSipHash with 64 bits of result over the UTF-16 code units. Keyed, since clients choose much of what is hashed:
     * nobody can look for a value that shares a cell with somebody else's.
     *
     * @param salt keeps uses of the same key apart
     */
    update(text, salt) {
        let v0 = this.#key0;
        let v1 = this.#key1 ^ 0xee;
        let v2 = 0x6c796765 ^ this.#key0;
        let v3 = 0x74656462 ^ this.#key1 ^ salt;
        const { length } = text;
        const wordRounds = this.#wordRounds;
        const finalRounds = this.#finalRounds;
        const pairs = length & ~1;
        // The rounds are written out: in a helper with four variables each would go through memory.
        for (let at = 0; at <= pairs; at += 2) {
            const word = at < pairs
                ? text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
                : (length << 25) | (at < length ? text.charCodeAt(at) : 0);
            v3 ^= word;
            for (let round = 0; round < wordRounds; round++) {
                v0 = (v0 + v1) | 0;
                v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
                v0 = (v0 << 16) | (v0 >>> 16);
                v2 = (v2 + v3) | 0;
                v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
                v0 = (v0 + v3) | 0;
                v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
                v2 = (v2 + v1) | 0;
                v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
                v2 = (v2 << 16) | (v2 >>> 16);
            }
            v0 ^= word;
        }
        v2 ^= 0xee;
        for (let half = 0; half < 2; half++) {
            for (let round = 0; round < finalRounds; round++) {
                v0 = (v0 + v1) | 0;
                v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
                v0 = (v0 << 16) | (v0 >>> 16);
                v2 = (v2 + v3) | 0;
                v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
                v0 = (v0 + v3) | 0;
                v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
                v2 = (v2 + v1) | 0;
                v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
                v2 = (v2 << 16) | (v2 >>> 16);
            }
            if (half === 0) {
                this.low = v1 ^ v3;
                v1 ^= 0xdd;
            }
            else {
                this.high = v1 ^ v3;
            }
        }
    }
}
//# sourceMappingURL=key-hash.js.map