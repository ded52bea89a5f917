import { breakerState, CLOSED, closedWord, failuresOf, generationOf, HALF_OPEN, halfOpenWord, issuedOf, MAX_FAILURE_THRESHOLD, MAX_HALF_OPEN_REQUESTS, OPEN, openWord, succeededOf, } from '../shared/breaker-word.js';
import { ADMITTED, PROBE, REFUSED } from './admission.js';
/** Least time that a probe is given to report before its permit goes to another request. */
const MIN_LEASE = 30_000;
export class Breaker {
    #cells;
    #slot;
    #threshold;
    #timeout;
    #probes;
    #lease;
    constructor(settings, timeouts, cells, slot) {
        this.#cells = cells;
        this.#slot = slot;
        this.#threshold = clamp(settings.failureThreshold, MAX_FAILURE_THRESHOLD);
        this.#timeout = settings.timeout;
        this.#probes = clamp(settings.halfOpenRequests, MAX_HALF_OPEN_REQUESTS);
        // A probe that is merely slow must not be taken for lost, so the lease outlasts what one try may take.
        this.#lease = Math.max(MIN_LEASE, settings.timeout, timeouts.connect + timeouts.firstByte, timeouts.total);
    }
    admit(now) {
        const slot = this.#slot;
        for (;;) {
            const word = this.#cells.breakerWord(slot);
            const state = breakerState(word);
            const generation = generationOf(word);
            if (state === CLOSED)
                return ADMITTED | (generation << 2);
            let next;
            if (state === OPEN) {
                if (now < this.#cells.openUntil(slot))
                    break;
                next = halfOpenWord(generation + 1, 1, 0);
            }
            else if (issuedOf(word) < this.#probes) {
                next = halfOpenWord(generation, issuedOf(word) + 1, succeededOf(word));
            }
            else if (now >= this.#cells.leaseUntil(slot)) {
                // Whoever holds the missing permits is lost. The new generation makes a late report void.
                next = halfOpenWord(generation + 1, succeededOf(word) + 1, succeededOf(word));
            }
            else {
                break;
            }
            this.#cells.setLeaseUntil(slot, now + this.#lease);
            if (!this.#cells.swapBreakerWord(slot, word, next))
                continue;
            this.#cells.holdPermit(slot, generationOf(next));
            return PROBE | (generationOf(next) << 2);
        }
        this.#cells.countRefused(slot);
        return REFUSED;
    }
    settle(admission, ok, now) {
        const generation = admission >>> 2;
        if ((admission & 3) === PROBE)
            this.#settleProbe(generation, ok, now);
        else if ((admission & 3) === ADMITTED)
            this.#settleClosed(generation, ok, now);
    }
    /** Gives a probe's permit back without an outcome. */
    release(admission) {
        if ((admission & 3) !== PROBE)
            return;
        const generation = admission >>> 2;
        this.#cells.dropPermit(this.#slot, generation);
        for (;;) {
            const word = this.#cells.breakerWord(this.#slot);
            if (breakerState(word) !== HALF_OPEN || generationOf(word) !== generation)
                return;
            const next = halfOpenWord(generation, issuedOf(word) - 1, succeededOf(word));
            if (this.#cells.swapBreakerWord(this.#slot, word, next))
                return;
        }
    }
    #settleClosed(generation, ok, now) {
        for (;;) {
            const word = this.#cells.breakerWord(this.#slot);
            // Admitted before the last transition: says nothing about the endpoints now.
            if (breakerState(word) !== CLOSED || generationOf(word) !== generation)
                return;
            const failures = ok ? 0 : failuresOf(word) + 1;
            if (failures >= this.#threshold) {
                if (this.#open(word, now))
                    return;
            }
            else {
                const next = closedWord(generation, failures);
                if (next === word || this.#cells.swapBreakerWord(this.#slot, word, next))
                    return;
            }
        }
    }
    #settleProbe(generation, ok, now) {
        this.#cells.dropPermit(this.#slot, generation);
        for (;;) {
            const word = this.#cells.breakerWord(this.#slot);
            if (breakerState(word) !== HALF_OPEN || generationOf(word) !== generation)
                return;
            if (!ok) {
                if (this.#open(word, now))
                    return;
                continue;
            }
            const succeeded = succeededOf(word) + 1;
            const next = succeeded >= this.#probes
                ? closedWord(generation + 1, 0)
                : halfOpenWord(generation, issuedOf(word), succeeded);
            if (this.#cells.swapBreakerWord(this.#slot, word, next))
                return;
        }
    }
    #open(word, now) {
        this.#cells.setOpenUntil(this.#slot, now + this.#timeout);
        if (!this.#cells.swapBreakerWord(this.#slot, word, openWord(generationOf(word) + 1)))
            return false;
        this.#cells.countOpened(this.#slot);
        return true;
    }
}
function clamp(value, max) {
    return Math.min(Math.max(1, value), max);
}
//# sourceMappingURL=breaker.js.map