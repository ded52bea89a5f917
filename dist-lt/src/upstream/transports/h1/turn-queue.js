/** The turns of one shared connection in the order of their requests, and the request heads that have not left yet. */
export class TurnQueue {
    first = null;
    #last = null;
    #unsent = '';
    /** Turns at the end of the queue whose requests have not left. */
    unsentCount = 0;
    /** @returns true when the request is the first of those that leave together */
    push(turn, request) {
        if (this.#last === null)
            this.first = turn;
        else
            this.#last.next = turn;
        this.#last = turn;
        this.unsentCount++;
        const begins = this.#unsent === '';
        this.#unsent += request;
        return begins;
    }
    /** The requests that are to be sent now; `''` when there are none. */
    takeUnsent() {
        const text = this.#unsent;
        this.#unsent = '';
        this.unsentCount = 0;
        return text;
    }
    /** Takes the first turn, whose response is complete. */
    shift() {
        const turn = this.first;
        this.first = turn.next;
        if (turn.next === null)
            this.#last = null;
        turn.next = null;
        return turn;
    }
    /** Takes all turns but the first, whose request has left, and forgets what was to be sent for them. */
    takeFollowers() {
        const first = this.first;
        const followers = first.next;
        first.next = null;
        this.#last = first;
        this.takeUnsent();
        return followers;
    }
    takeAll() {
        const turns = this.first;
        this.first = null;
        this.#last = null;
        this.takeUnsent();
        return turns;
    }
    /** Whether all calls have gone away. */
    get forsaken() {
        for (let turn = this.first; turn !== null; turn = turn.next)
            if (turn.call !== null)
                return false;
        return true;
    }
}
/** Fails all of a chain that was taken out of its queue; `failure` is that of the first, `others` of those behind it. */
export function failAll(turns, failure, others, detail) {
    while (turns !== null) {
        const { next } = turns;
        turns.next = null;
        turns.fail(failure, detail);
        failure = others;
        turns = next;
    }
}
//# sourceMappingURL=turn-queue.js.map