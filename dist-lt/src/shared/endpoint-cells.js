/**
 * What all threads know about the endpoints, keyed by slot: in-flight tries, active health, ejection, latency.
 *
 * In-flight counts and the count of tries lie in one column per worker (`worker * MAX_ENDPOINTS + slot`): a worker is
 * the only writer of its column, so counting needs no locked instruction, no cache line is written by two workers, and
 * what a dead worker left behind can be cleared exactly. Everything else lies in one row of two cache lines per
 * endpoint: the first is written only when something goes wrong, the second after every success.
 *
 * All times given and returned are milliseconds of the calling thread's `performance.now()`.
 */
import { MAX_ENDPOINTS, MAX_WORKERS } from './memory.js';
import { PROCESS_TIME_OFFSET } from './process-time.js';
export const HEALTH_UNKNOWN = 0;
export const HEALTH_HEALTHY = 1;
export const HEALTH_UNHEALTHY = 2;
const HEADER_BYTES = 64;
/** Header words. */
const VERSION = 0;
const WORKERS = 1;
const ROW_BYTES = 128;
const ROW_WORDS = ROW_BYTES / 4;
const ROW_DOUBLES = ROW_BYTES / 8;
/** Words of a row, first line. */
const HEALTH = 0;
const CONSECUTIVE_FAILURES = 1;
const FAILURES = 2;
const EJECTIONS = 3;
const EJECTION_STREAK = 4;
/** Doubles of a row: the ejection in the first line, the latency in the second. */
const EJECTED_UNTIL = 4;
const EJECTED_FOR = 5;
const LATENCY = 8;
const LATENCY_AT = 9;
const ROWS_AT = HEADER_BYTES;
const TRIES_AT = ROWS_AT + MAX_ENDPOINTS * ROW_BYTES;
const IN_FLIGHT_AT = TRIES_AT + MAX_WORKERS * MAX_ENDPOINTS * 8;
const BYTES = IN_FLIGHT_AT + MAX_WORKERS * MAX_ENDPOINTS * 4;
/** Time in which an old latency loses 63% of its weight, milliseconds. */
const LATENCY_DECAY = 10_000;
/** What a failed try counts as: an endpoint that fails fast must not look like a fast endpoint. */
const FAILURE_LATENCY = 1_000;
export class EndpointCells {
    #words;
    #doubles;
    #inFlight;
    #tries;
    #header;
    /** First cell of this worker's columns. */
    #column;
    static byteLength() {
        return BYTES;
    }
    /** @param workerIndex -1 for the primary, which must not call `begin` and `end` */
    constructor(buffer, workerIndex) {
        if (buffer.byteLength < BYTES)
            throw new RangeError('the buffer is too small for the endpoint cells');
        if (workerIndex >= MAX_WORKERS)
            throw new RangeError(`worker ${workerIndex} is over ${MAX_WORKERS}`);
        this.#header = new Int32Array(buffer, 0, HEADER_BYTES / 4);
        this.#words = new Int32Array(buffer, ROWS_AT, MAX_ENDPOINTS * ROW_WORDS);
        this.#doubles = new Float64Array(buffer, ROWS_AT, MAX_ENDPOINTS * ROW_DOUBLES);
        this.#tries = new Float64Array(buffer, TRIES_AT, MAX_WORKERS * MAX_ENDPOINTS);
        this.#inFlight = new Int32Array(buffer, IN_FLIGHT_AT, MAX_WORKERS * MAX_ENDPOINTS);
        this.#column = workerIndex * MAX_ENDPOINTS;
        this.#announce(workerIndex);
    }
    /** Sums need not look at the columns of workers that never were. */
    #announce(workerIndex) {
        let known = Atomics.load(this.#header, WORKERS);
        while (known <= workerIndex) {
            known = Atomics.compareExchange(this.#header, WORKERS, known, workerIndex + 1);
        }
    }
    /** A try at the endpoint starts. Pair with `end` on the same slot. */
    begin(slot) {
        const cell = this.#column + slot;
        this.#inFlight[cell] = this.#inFlight[cell] + 1;
        this.#tries[cell] = this.#tries[cell] + 1;
    }
    end(slot) {
        const cell = this.#column + slot;
        this.#inFlight[cell] = this.#inFlight[cell] - 1;
    }
    /** Tries in flight at the endpoint, of all workers. */
    inFlight(slot) {
        const workers = this.#header[WORKERS];
        let sum = 0;
        for (let worker = 0, cell = slot; worker < workers; worker++, cell += MAX_ENDPOINTS) {
            sum += Atomics.load(this.#inFlight, cell);
        }
        return sum;
    }
    /** For the primary, once the thread is gone: forgets what that worker had in flight. Its count of tries stays. */
    clearWorker(workerIndex) {
        const first = workerIndex * MAX_ENDPOINTS;
        this.#inFlight.fill(0, first, first + MAX_ENDPOINTS);
    }
    /** Changes whenever the availability of any endpoint changes, except for ejections that end by themselves. */
    version() {
        return Atomics.load(this.#header, VERSION);
    }
    health(slot) {
        return Atomics.load(this.#words, slot * ROW_WORDS + HEALTH);
    }
    /** For the active health checks of the primary. */
    setHealth(slot, health) {
        const before = Atomics.exchange(this.#words, slot * ROW_WORDS + HEALTH, health);
        if (before !== health)
            Atomics.add(this.#header, VERSION, 1);
    }
    /** @returns how many tries in a row have failed now */
    addFailure(slot) {
        const row = slot * ROW_WORDS;
        Atomics.add(this.#words, row + FAILURES, 1);
        return Atomics.add(this.#words, row + CONSECUTIVE_FAILURES, 1) + 1;
    }
    clearConsecutiveFailures(slot) {
        const cell = slot * ROW_WORDS + CONSECUTIVE_FAILURES;
        if (Atomics.load(this.#words, cell) !== 0)
            Atomics.store(this.#words, cell, 0);
    }
    /** When the ejection ends; in the past when the endpoint is not ejected. */
    ejectedUntil(slot) {
        return this.#doubles[slot * ROW_DOUBLES + EJECTED_UNTIL] - PROCESS_TIME_OFFSET;
    }
    /** Milliseconds that the last ejection was meant to last; 0 before the first. */
    ejectedFor(slot) {
        return this.#doubles[slot * ROW_DOUBLES + EJECTED_FOR];
    }
    /** How many ejections have followed closely on each other, with the last one. */
    ejectionStreak(slot) {
        return Atomics.load(this.#words, slot * ROW_WORDS + EJECTION_STREAK);
    }
    /** The caller holds the upstream's ejection lock. */
    eject(slot, now, duration, streak) {
        const row = slot * ROW_WORDS;
        // Plain stores of doubles: aligned, so each is one machine store, and published by the change of the version.
        this.#doubles[slot * ROW_DOUBLES + EJECTED_FOR] = duration;
        this.#doubles[slot * ROW_DOUBLES + EJECTED_UNTIL] = now + duration + PROCESS_TIME_OFFSET;
        Atomics.store(this.#words, row + EJECTION_STREAK, streak);
        Atomics.store(this.#words, row + CONSECUTIVE_FAILURES, 0);
        Atomics.add(this.#words, row + EJECTIONS, 1);
        Atomics.add(this.#header, VERSION, 1);
    }
    /**
     * Peak EWMA: a rise counts at once, a fall slowly, weighted by the time since the last sample. Two threads that write
     * at once lose one sample, which such an average can bear.
     */
    addLatency(slot, latencyMs, now) {
        const row = slot * ROW_DOUBLES;
        const at = now + PROCESS_TIME_OFFSET;
        const old = this.#doubles[row + LATENCY];
        const elapsed = at - this.#doubles[row + LATENCY_AT];
        let value = latencyMs;
        if (latencyMs < old) {
            const keep = elapsed > 0 ? Math.exp(-elapsed / LATENCY_DECAY) : 1;
            value = latencyMs + (old - latencyMs) * keep;
        }
        this.#doubles[row + LATENCY] = value;
        this.#doubles[row + LATENCY_AT] = at;
    }
    addFailureLatency(slot, now) {
        this.addLatency(slot, FAILURE_LATENCY, now);
    }
    /**
     * The latency to expect, milliseconds; 0 while nothing is known. It fades while no sample comes, or an endpoint that
     * was slow once and is avoided since would never be tried again.
     */
    latency(slot, now) {
        const row = slot * ROW_DOUBLES;
        const value = this.#doubles[row + LATENCY];
        const elapsed = now + PROCESS_TIME_OFFSET - this.#doubles[row + LATENCY_AT];
        return elapsed > 0 ? value * Math.exp(-elapsed / LATENCY_DECAY) : value;
    }
    /** For the primary, before a slot gets a new owner. Nothing may be in flight at it. */
    reset(slot) {
        this.#words.fill(0, slot * ROW_WORDS, (slot + 1) * ROW_WORDS);
        // Only the columns in use: touching a page of the others would make it resident.
        const workers = this.#header[WORKERS];
        for (let worker = 0; worker < workers; worker++)
            this.#tries[worker * MAX_ENDPOINTS + slot] = 0;
        Atomics.add(this.#header, VERSION, 1);
    }
    status(slot, now) {
        const row = slot * ROW_WORDS;
        const health = this.health(slot);
        return {
            health: health === HEALTH_HEALTHY ? 'healthy' : health === HEALTH_UNHEALTHY ? 'unhealthy' : 'unknown',
            inFlight: this.inFlight(slot),
            tries: this.#sumTries(slot),
            failures: Atomics.load(this.#words, row + FAILURES) >>> 0,
            consecutiveFailures: Atomics.load(this.#words, row + CONSECUTIVE_FAILURES),
            ejections: Atomics.load(this.#words, row + EJECTIONS),
            ejectedForMs: Math.max(0, this.ejectedUntil(slot) - now),
            latencyMs: this.#doubles[slot * ROW_DOUBLES + LATENCY],
        };
    }
    #sumTries(slot) {
        const workers = this.#header[WORKERS];
        let sum = 0;
        for (let worker = 0; worker < workers; worker++)
            sum += this.#tries[worker * MAX_ENDPOINTS + slot];
        return sum;
    }
}
//# sourceMappingURL=endpoint-cells.js.map