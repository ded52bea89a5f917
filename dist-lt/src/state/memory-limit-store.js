import { LimitCells } from '../shared/limit-cells.js';
import { KeyHash } from './key-hash.js';
const NS_PER_MS = 1e6;
const NS_PER_SECOND = 1e9;
const SALT_BUCKET = 0x1b;
const SALT_WINDOW = 0x2c;
/** The count of one window has 24 bits. */
const MAX_COUNT = 0xffffff;
const MAX_WINDOW_MS = 2 ** 31;
/** 52 days until an empty bucket is full again; with more, sums would no longer be exact in a float64. */
const MAX_REFILL_NS = 2 ** 52;
/** Nanoseconds of the system's monotonic clock, which all threads share (unlike `performance.now()`). */
function monotonic() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * NS_PER_SECOND + nanoseconds;
}
/**
 * Limits in memory shared by all threads. Every decision is one compare-and-exchange on the key's cell, so two threads
 * never let the same token through twice.
 *
 * Token buckets are kept as the instant at which the bucket will be full again (the generic cell rate algorithm), as a
 * float64 of nanoseconds. Sliding windows are kept as the number of the window, its count and the count of the one
 * before, packed into 64 bits.
 */
export class MemoryLimitStore {
    #cells;
    #hash;
    #now;
    /** The 64 bits of a state, seen as what they mean. */
    #bits = new BigInt64Array(1);
    #instant = new Float64Array(this.#bits.buffer);
    #halves = new Int32Array(this.#bits.buffer);
    /**
     * @param memory `SharedMemory.limits`
     * @param now nanoseconds on a clock that all threads share; other than the system's only in tests
     */
    constructor(memory, now = monotonic) {
        this.#cells = new LimitCells(memory);
        this.#hash = new KeyHash(...this.#cells.seed);
        this.#now = now;
    }
    tokenBucket(key, capacity, refillPerSecond, cost = 1) {
        const now = this.#now();
        // Whole nanoseconds make sums exact, so a bucket of 1000 gives 1000; the rate is off by 0.05% at a million a second.
        const interval = Math.min(Math.max(1, Math.round(NS_PER_SECOND / refillPerSecond)), MAX_REFILL_NS / capacity);
        const burst = capacity * interval;
        const price = cost * interval;
        const cell = this.#find(key, SALT_BUCKET, now);
        for (;;) {
            const state = this.#cells.load(cell);
            this.#bits[0] = state;
            const stored = this.#instant[0];
            // Never beyond what this bucket can reach: a cell taken over in a race must not shut its key out for long.
            const full = stored > now ? Math.min(stored, now + burst) : now;
            const next = full + price;
            if (next - now > burst) {
                const wait = price > burst ? Number.POSITIVE_INFINITY : next - burst - now;
                return decision(false, (burst - (full - now)) / interval, full - now, wait);
            }
            this.#cells.extend(cell, secondAfter(next));
            this.#instant[0] = next;
            if (this.#cells.exchange(cell, state, this.#bits[0])) {
                return decision(true, (burst - (next - now)) / interval, next - now, 0);
            }
        }
    }
    slidingWindow(key, limit, windowMs, cost = 1) {
        if (limit > MAX_COUNT)
            throw new RangeError(`a sliding window counts to ${MAX_COUNT} at most`);
        if (windowMs > MAX_WINDOW_MS)
            throw new RangeError(`a window has ${MAX_WINDOW_MS} ms at most`);
        const now = this.#now();
        const window = windowMs * NS_PER_MS;
        const number = Math.floor(now / window);
        const cell = this.#find(key, SALT_WINDOW, now);
        for (;;) {
            const state = this.#cells.load(cell);
            const stale = this.#cells.expires(cell) < now / NS_PER_SECOND;
            this.#bits[0] = stale ? 0n : state;
            const low = this.#halves[0];
            const high = this.#halves[1];
            const age = (number - ((low >>> 24) | ((high >>> 24) << 8))) & 0xffff;
            let current = 0;
            let previous = 0;
            let elapsed = now - number * window;
            let shown = number;
            if (age === 0) {
                current = low & MAX_COUNT;
                previous = high & MAX_COUNT;
            }
            else if (age === 1) {
                previous = low & MAX_COUNT;
            }
            else if (age === 0xffff && !stale) {
                // This thread read the clock just before the window changed, another has already counted in the new one.
                current = low & MAX_COUNT;
                previous = high & MAX_COUNT;
                elapsed = 0;
                shown = number + 1;
            }
            const used = current + (previous * (window - elapsed)) / window;
            const reset = current > 0 ? 2 * window - elapsed : previous > 0 ? window - elapsed : 0;
            if (used + cost > limit) {
                return decision(false, limit - used, reset, waitFor(cost, limit, window, elapsed, current, previous));
            }
            this.#cells.extend(cell, secondAfter((shown + 2) * window));
            this.#halves[0] = (current + cost) | (shown << 24);
            this.#halves[1] = previous | ((shown >>> 8) << 24);
            if (this.#cells.exchange(cell, state, this.#bits[0])) {
                return decision(true, limit - used - cost, 2 * window - elapsed, 0);
            }
        }
    }
    #find(key, salt, now) {
        this.#hash.update(key, salt);
        return this.#cells.find(this.#hash.low, this.#hash.high, Math.floor(now / NS_PER_SECOND));
    }
}
function secondAfter(instant) {
    return Math.ceil(instant / NS_PER_SECOND);
}
/** Times in nanoseconds. */
function decision(allowed, remaining, reset, retryAfter) {
    return {
        allowed,
        remaining: Math.max(0, Math.floor(remaining)),
        resetMs: reset / NS_PER_MS,
        retryAfterMs: retryAfter / NS_PER_MS,
    };
}
/** Nanoseconds until the counts have faded enough for `cost`. */
function waitFor(cost, limit, window, elapsed, current, previous) {
    if (cost > limit)
        return Number.POSITIVE_INFINITY;
    if (current + cost <= limit)
        return window - elapsed - ((limit - cost - current) / previous) * window;
    // In the next window the current count is the one that fades.
    return window - elapsed + window - ((limit - cost) / current) * window;
}
//# sourceMappingURL=memory-limit-store.js.map