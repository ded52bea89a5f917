/** How long an endpoint is left alone after it failed at pipelining, in milliseconds: at first, and at most. */
const SHORTEST_MS = 30_000;
const LONGEST_MS = 600_000;
/**
 * The times during which requests to an endpoint do not share connections. Each pause is twice as long as the last one;
 * after ten minutes without trouble it starts with the shortest again.
 */
export class PipeliningPause {
    #until = 0;
    #next = SHORTEST_MS;
    active(now) {
        return now < this.#until;
    }
    /** @returns false when there is a pause already: several connections fail for one and the same reason */
    begin(now) {
        if (now < this.#until)
            return false;
        if (now - this.#until >= LONGEST_MS)
            this.#next = SHORTEST_MS;
        this.#until = now + this.#next;
        this.#next = Math.min(this.#next * 2, LONGEST_MS);
        return true;
    }
}
//# sourceMappingURL=pipelining-pause.js.map