import { randomInt } from 'node:crypto';
import { coarseClock, onTick } from '../shared/coarse-clock.js';
/** The primary is busy for this long only when something is wrong with it. */
const TIMEOUT_MS = 20_000;
/** Requests of one worker that the primary may have at a time, and that may be sending their bodies. */
const MAX_PENDING = 256;
/** Requests that are for the gateway itself, on their way to the primary and back. */
export class ControlLink {
    #send;
    #pending = new Map();
    #collecting = 0;
    /** Begins anywhere: an answer to the worker that was here before must not look like one to this. */
    #nextId = randomInt(2 ** 47);
    constructor(send) {
        this.#send = send;
        onTick((now) => this.#sweep(now));
    }
    /** @returns false when there are too many already */
    enter() {
        if (this.#pending.size + this.#collecting >= MAX_PENDING)
            return false;
        this.#collecting++;
        return true;
    }
    /** Follows `enter`. @param answer is told null when none came @returns for `cancel` */
    ask(request, answer) {
        this.#collecting--;
        const id = this.#nextId++;
        this.#pending.set(id, { answer, deadline: coarseClock.now + TIMEOUT_MS });
        this.#send({ type: 'control-request', id, ...request });
        return id;
    }
    /** Takes back `enter` when nothing will be asked. */
    leave() {
        this.#collecting--;
    }
    /** Nobody waits for that answer any more. */
    cancel(id) {
        this.#pending.delete(id);
    }
    deliver(response) {
        const question = this.#pending.get(response.id);
        if (question === undefined)
            return;
        this.#pending.delete(response.id);
        question.answer(response);
    }
    #sweep(now) {
        for (const [id, { answer, deadline }] of this.#pending) {
            if (now < deadline)
                continue;
            this.#pending.delete(id);
            answer(null);
        }
    }
}
//# sourceMappingURL=control-link.js.map