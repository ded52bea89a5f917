/** Cells count thousandths, so that a share of 0.1% still counts. */
const TOKEN = 1_000;
/** Unused tokens shrink to this many retries, and a fresh budget starts with them. */
const RESERVE = 100 * TOKEN;
/** Retries per second that come back, up to the reserve. */
const FLOOR_PER_SECOND = 10 * TOKEN;
const FADE_PER_SECOND = 0.1;
/** Keeps the sum far below the end of an Int32. */
const LIMIT = 1_000_000 * TOKEN;
export class RetryBudget {
    #cells;
    #slot;
    constructor(cells, slot) {
        this.#cells = cells;
        this.#slot = slot;
    }
    /** Once per exchange. */
    deposit(share, now) {
        this.#age(now);
        if (share > 0 && this.#cells.budget(this.#slot) < LIMIT) {
            this.#cells.addBudget(this.#slot, Math.round(share * TOKEN));
        }
    }
    /** Takes a token for one retry. @returns false if there is none, or if the route's share is 0 */
    withdraw(share, now) {
        if (share <= 0)
            return false;
        this.#age(now);
        for (;;) {
            const tokens = this.#cells.budget(this.#slot);
            if (tokens < TOKEN) {
                this.#cells.countRetry(this.#slot, false);
                return false;
            }
            if (this.#cells.swapBudget(this.#slot, tokens, tokens - TOKEN)) {
                this.#cells.countRetry(this.#slot, true);
                return true;
            }
        }
    }
    #age(now) {
        const seconds = this.#cells.takeBudgetSeconds(this.#slot, now);
        if (seconds === 0)
            return;
        const tokens = this.#cells.budget(this.#slot);
        const change = tokens > RESERVE
            ? Math.trunc((RESERVE - tokens) * (1 - (1 - FADE_PER_SECOND) ** seconds))
            : Math.min(RESERVE - tokens, FLOOR_PER_SECOND * seconds);
        // Only the thread that took the seconds is here; deposits and withdrawals meanwhile add up with this.
        if (change !== 0)
            this.#cells.addBudget(this.#slot, change);
    }
}
//# sourceMappingURL=retry-budget.js.map