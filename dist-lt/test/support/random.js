/** Repeatable pseudo-random numbers (mulberry32), so that a failing case can be run again from its seed. */
export class Random {
    #state;
    constructor(seed) {
        this.#state = seed | 0;
    }
    /** At least 0, below 1. */
    next() {
        this.#state = (this.#state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    }
    /** A whole number from 0 to `limit` - 1. */
    below(limit) {
        return Math.floor(this.next() * limit);
    }
    chance(probability) {
        return this.next() < probability;
    }
    pick(items) {
        return items[this.below(items.length)];
    }
}
//# sourceMappingURL=random.js.map