/**
 * When requests are due. Times wait here, in order, until a connection is free for them: a slow server makes the queue
 * longer but never delays the schedule, so its slowness is measured in full (no coordinated omission).
 */
export class Schedule {
    #interval;
    #end;
    #next;
    #waitingSince;
    /** Times are milliseconds; the first request is due at `start`, none at `end` or later. */
    constructor(start, end, ratePerSecond) {
        this.#interval = 1_000 / ratePerSecond;
        this.#end = end;
        this.#next = start;
        this.#waitingSince = start;
    }
    /** Moves everything that is due at `now` to the queue and returns how many were added. */
    advance(now) {
        let added = 0;
        while (this.#next <= now && this.#next < this.#end) {
            this.#next += this.#interval;
            added++;
        }
        return added;
    }
    /** True when a request is due that no connection has taken. */
    get hasWaiting() {
        return this.#waitingSince < this.#next;
    }
    /** Takes the oldest waiting request and returns when it was due. */
    take() {
        const due = this.#waitingSince;
        this.#waitingSince += this.#interval;
        return due;
    }
    /** Milliseconds until the next request is due; Infinity when there is none. */
    untilNext(now) {
        return this.#next < this.#end ? this.#next - now : Number.POSITIVE_INFINITY;
    }
}
//# sourceMappingURL=schedule.js.map