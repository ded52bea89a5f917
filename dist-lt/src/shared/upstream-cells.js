/**
 * What all threads know about the upstreams, keyed by slot: breaker, balancing turn, retry budget. A row is two cache
 * lines: the first is written only when something goes wrong, the second with every request.
 *
 * Beside the rows each worker has a column (`worker * MAX_UPSTREAMS + slot`) with the breaker permits it holds, so that
 * those of a dead worker can be given back.
 *
 * All times given and returned are milliseconds of the calling thread's `performance.now()`.
 */
import { breakerState, CLOSED, failuresOf, generationOf, HALF_OPEN, halfOpenWord, issuedOf, OPEN, succeededOf, } from './breaker-word.js';
import { MAX_UPSTREAMS, MAX_WORKERS } from './memory.js';
import { PROCESS_TIME_OFFSET } from './process-time.js';
const ROW_BYTES = 128;
const ROW_WORDS = ROW_BYTES / 4;
const ROW_DOUBLES = ROW_BYTES / 8;
/** Words of the first line. */
const BREAKER = 0;
const OPENED = 1;
const REFUSED = 2;
const EJECTION_LOCK = 3;
const RETRIES_REFUSED = 4;
/** Doubles of the first line. */
const OPEN_UNTIL = 4;
const LEASE_UNTIL = 5;
/** Words of the second line. */
const TURN = 16;
const BUDGET = 17;
const BUDGET_SECOND = 18;
const RETRIES = 19;
const PERMITS_AT = MAX_UPSTREAMS * ROW_BYTES;
const BYTES = PERMITS_AT + MAX_WORKERS * MAX_UPSTREAMS * 4;
const FREE = 0;
const PERMIT_BITS = 10;
const PERMIT_MASK = 0x3ff;
export class UpstreamCells {
    #words;
    #doubles;
    /** `generation << PERMIT_BITS | permits held`, one column per worker, written by that worker only. */
    #permits;
    #worker;
    static byteLength() {
        return BYTES;
    }
    /** @param workerIndex -1 for the primary, which only looks on and cleans up */
    constructor(buffer, workerIndex) {
        if (buffer.byteLength < BYTES)
            throw new RangeError('the buffer is too small for the upstream cells');
        if (workerIndex >= MAX_WORKERS)
            throw new RangeError(`worker ${workerIndex} is over ${MAX_WORKERS}`);
        this.#words = new Int32Array(buffer, 0, MAX_UPSTREAMS * ROW_WORDS);
        this.#doubles = new Float64Array(buffer, 0, MAX_UPSTREAMS * ROW_DOUBLES);
        this.#permits = new Int32Array(buffer, PERMITS_AT, MAX_WORKERS * MAX_UPSTREAMS);
        this.#worker = workerIndex;
    }
    /** A number that grows by one with every call in any thread; starts again at 0 after 2^32. */
    nextTurn(slot) {
        return Atomics.add(this.#words, slot * ROW_WORDS + TURN, 1) >>> 0;
    }
    breakerWord(slot) {
        return Atomics.load(this.#words, slot * ROW_WORDS + BREAKER);
    }
    /** @returns whether the word was still `expected` */
    swapBreakerWord(slot, expected, word) {
        return Atomics.compareExchange(this.#words, slot * ROW_WORDS + BREAKER, expected, word) === expected;
    }
    openUntil(slot) {
        return this.#doubles[slot * ROW_DOUBLES + OPEN_UNTIL] - PROCESS_TIME_OFFSET;
    }
    /** Before the swap that opens the breaker: the swap publishes it. */
    setOpenUntil(slot, until) {
        this.#doubles[slot * ROW_DOUBLES + OPEN_UNTIL] = until + PROCESS_TIME_OFFSET;
    }
    leaseUntil(slot) {
        return this.#doubles[slot * ROW_DOUBLES + LEASE_UNTIL] - PROCESS_TIME_OFFSET;
    }
    /** Before the swap that issues a permit. */
    setLeaseUntil(slot, until) {
        this.#doubles[slot * ROW_DOUBLES + LEASE_UNTIL] = until + PROCESS_TIME_OFFSET;
    }
    countOpened(slot) {
        Atomics.add(this.#words, slot * ROW_WORDS + OPENED, 1);
    }
    countRefused(slot) {
        Atomics.add(this.#words, slot * ROW_WORDS + REFUSED, 1);
    }
    /** Notes that this worker holds one more permit of that generation. */
    holdPermit(slot, generation) {
        const cell = this.#worker * MAX_UPSTREAMS + slot;
        const held = this.#permits[cell];
        this.#permits[cell] = held >>> PERMIT_BITS === generation ? held + 1 : (generation << PERMIT_BITS) | 1;
    }
    dropPermit(slot, generation) {
        const cell = this.#worker * MAX_UPSTREAMS + slot;
        const held = this.#permits[cell];
        if (held >>> PERMIT_BITS === generation && (held & PERMIT_MASK) > 0)
            this.#permits[cell] = held - 1;
    }
    /** Retry tokens in thousandths of a retry. */
    budget(slot) {
        return Atomics.load(this.#words, slot * ROW_WORDS + BUDGET);
    }
    addBudget(slot, tokens) {
        Atomics.add(this.#words, slot * ROW_WORDS + BUDGET, tokens);
    }
    swapBudget(slot, expected, tokens) {
        return Atomics.compareExchange(this.#words, slot * ROW_WORDS + BUDGET, expected, tokens) === expected;
    }
    /**
     * Whole seconds since the budget was last aged; the caller that gets more than 0 must age it, no other one will. A
     * fresh budget gives a very large number.
     */
    takeBudgetSeconds(slot, now) {
        const cell = slot * ROW_WORDS + BUDGET_SECOND;
        const second = Math.floor((now + PROCESS_TIME_OFFSET) / 1000) | 0;
        const before = Atomics.load(this.#words, cell);
        if (second <= before)
            return 0;
        return Atomics.compareExchange(this.#words, cell, before, second) === before ? second - before : 0;
    }
    countRetry(slot, allowed) {
        Atomics.add(this.#words, slot * ROW_WORDS + (allowed ? RETRIES : RETRIES_REFUSED), 1);
    }
    /** Does not wait: whoever does not get it leaves the ejection to the next failure. */
    tryLockEjection(slot) {
        const cell = slot * ROW_WORDS + EJECTION_LOCK;
        return Atomics.compareExchange(this.#words, cell, FREE, this.#worker + 2) === FREE;
    }
    unlockEjection(slot) {
        Atomics.store(this.#words, slot * ROW_WORDS + EJECTION_LOCK, FREE);
    }
    /** For the primary, once the thread is gone: gives back the permits and locks that the worker held. */
    clearWorker(workerIndex) {
        const first = workerIndex * MAX_UPSTREAMS;
        for (let slot = 0; slot < MAX_UPSTREAMS; slot++) {
            const held = this.#permits[first + slot];
            if (held !== 0) {
                this.#permits[first + slot] = 0;
                this.#returnPermits(slot, held >>> PERMIT_BITS, held & PERMIT_MASK);
            }
            const lock = slot * ROW_WORDS + EJECTION_LOCK;
            // Looked at first: a swap, even one that fails, would make every page of the region resident.
            if (Atomics.load(this.#words, lock) === workerIndex + 2)
                Atomics.store(this.#words, lock, FREE);
        }
    }
    #returnPermits(slot, generation, count) {
        for (;;) {
            const word = this.breakerWord(slot);
            if (breakerState(word) !== HALF_OPEN || generationOf(word) !== generation)
                return;
            const issued = Math.max(succeededOf(word), issuedOf(word) - count);
            if (this.swapBreakerWord(slot, word, halfOpenWord(generation, issued, succeededOf(word))))
                return;
        }
    }
    /** For the primary, before a slot gets a new owner. */
    reset(slot) {
        this.#words.fill(0, slot * ROW_WORDS, (slot + 1) * ROW_WORDS);
        for (let cell = slot; cell < this.#permits.length; cell += MAX_UPSTREAMS) {
            if (this.#permits[cell] !== 0)
                this.#permits[cell] = 0;
        }
    }
    status(slot, now) {
        const row = slot * ROW_WORDS;
        const word = this.breakerWord(slot);
        const state = breakerState(word);
        return {
            breaker: state === OPEN ? 'open' : state === HALF_OPEN ? 'half-open' : 'closed',
            openForMs: state === OPEN ? Math.max(0, this.openUntil(slot) - now) : 0,
            consecutiveFailures: state === CLOSED ? failuresOf(word) : 0,
            opened: Atomics.load(this.#words, row + OPENED) >>> 0,
            refused: Atomics.load(this.#words, row + REFUSED) >>> 0,
            retries: Atomics.load(this.#words, row + RETRIES) >>> 0,
            retriesRefused: Atomics.load(this.#words, row + RETRIES_REFUSED) >>> 0,
        };
    }
}
//# sourceMappingURL=upstream-cells.js.map