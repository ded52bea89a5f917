/**
 * Turn numbers of one upstream. First tries take them from a counter that all threads share, so that the order holds
 * across threads. Retries count on their own: with two endpoints of which one is down, a retry that took the next shared
 * turn would hand every first try to the one that is down.
 */
export class Turns {
    #cells;
    #slot;
    #retryTurn = 0;
    constructor(cells, slot) {
        this.#cells = cells;
        this.#slot = slot;
    }
    /** @returns an unsigned 32-bit number */
    next(retry) {
        if (!retry)
            return this.#cells.nextTurn(this.#slot);
        this.#retryTurn = (this.#retryTurn + 1) >>> 0;
        return this.#retryTurn;
    }
}
//# sourceMappingURL=turns.js.map