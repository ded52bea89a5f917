/**
 * The table of rate-limit cells in shared memory: keys hash to a bucket of eight cells of 16 bytes.
 *
 *   word 0     tag: 32 further bits of the key's hash; 0 means free, and a cell is never freed again
 *   word 1     second of the monotonic clock from which the cell means the same as a fresh one
 *   words 2-3  state, 64 bits that change by compare-and-exchange only
 *
 * There is no lock, so a thread that is killed at any instant leaves nothing behind. When a bucket is full the cell that
 * expires first is taken over, so memory is bounded however many keys there are.
 *
 * Two keys are taken for one if they share bucket and tag: at most 7 in 2^32 for each key, and not to be forced from
 * outside since the hash is keyed. A key that is evicted before it expired starts afresh. An update that races with the
 * takeover of its cell can be lost or charged to the new key.
 */
const CELLS_PER_BUCKET = 8;
const WORDS_PER_CELL = 4;
const EXPIRES = 1;
const STATE = 2;
const HEADER_WORDS = 16;
/** 2^19 live keys in 8 MB; pages that are never touched cost nothing. */
const CELLS = 2 ** 19;
/** Size of `SharedMemory.limits`. All zeros is the empty table. */
export const LIMIT_BYTES = limitBytes(CELLS);
/** Bytes of a table of `cells` cells, a power of two and at least 8. */
export function limitBytes(cells) {
    return (HEADER_WORDS + cells * WORDS_PER_CELL) * Int32Array.BYTES_PER_ELEMENT;
}
export class LimitCells {
    /** Key of the hash, the same for all threads. */
    seed;
    #words;
    #states;
    #bucketMask;
    /** @param memory `limitBytes(n)` bytes that all threads share */
    constructor(memory) {
        this.#words = new Int32Array(memory);
        this.#states = new BigInt64Array(memory);
        const buckets = (this.#words.length - HEADER_WORDS) / (CELLS_PER_BUCKET * WORDS_PER_CELL);
        if (!Number.isInteger(Math.log2(buckets)))
            throw new RangeError('the size of the limit table is no power of two');
        this.#bucketMask = buckets - 1;
        this.seed = [this.#seedWord(0), this.#seedWord(1)];
    }
    /** The first thread decides; the others find its choice. */
    #seedWord(index) {
        const [random = 1] = crypto.getRandomValues(new Int32Array(1));
        Atomics.compareExchange(this.#words, index, 0, random | 1);
        return Atomics.load(this.#words, index);
    }
    /**
     * The cell of a key, made if there is none.
     *
     * @param second now, on the clock of `expires`
     * @returns an index for the other methods
     */
    find(low, high, second) {
        const tag = low === 0 ? 1 : low | 0;
        const first = HEADER_WORDS + (high & this.#bucketMask) * CELLS_PER_BUCKET * WORDS_PER_CELL;
        for (;;) {
            const found = this.#search(first, tag);
            if (found >= 0)
                return found;
            const cell = this.#candidate(first, second);
            // Whether won or lost: the search then finds the lowest cell of that key, so that all threads agree on one.
            this.#take(cell, tag);
        }
    }
    #search(first, tag) {
        for (let cell = first; cell < first + CELLS_PER_BUCKET * WORDS_PER_CELL; cell += WORDS_PER_CELL) {
            const held = Atomics.load(this.#words, cell);
            if (held === tag)
                return cell;
            // Free cells are filled in order: nothing comes behind the first.
            if (held === 0)
                return -1;
        }
        return -1;
    }
    /** A free cell, else the one that expires first. */
    #candidate(first, second) {
        let best = first;
        let soonest = Number.POSITIVE_INFINITY;
        for (let cell = first; cell < first + CELLS_PER_BUCKET * WORDS_PER_CELL; cell += WORDS_PER_CELL) {
            if (Atomics.load(this.#words, cell) === 0)
                return cell;
            const expires = Atomics.load(this.#words, cell + EXPIRES);
            if (expires < soonest) {
                best = cell;
                soonest = expires;
                // Every thread stops at the first expired cell, so those that bring in the same key meet there.
                if (expires < second)
                    return cell;
            }
        }
        return best;
    }
    /**
     * Empties a cell and gives it to another key. The state goes first: were it the tag, a thread could find the new key
     * with the old key's state. It is read before the tag, so that a state the new key has already changed is not lost.
     */
    #take(cell, tag) {
        const state = this.load(cell);
        const held = Atomics.load(this.#words, cell);
        if (held === tag)
            return;
        if (state !== 0n && !this.exchange(cell, state, 0n))
            return;
        Atomics.compareExchange(this.#words, cell, held, tag);
    }
    load(cell) {
        return Atomics.load(this.#states, (cell + STATE) >> 1);
    }
    /** Changes the state from `old` to `next`; false when another thread was faster. */
    exchange(cell, old, next) {
        return Atomics.compareExchange(this.#states, (cell + STATE) >> 1, old, next) === old;
    }
    /** To be read after `load` and written before `exchange`: whoever sees a new state then sees its expiry too. */
    expires(cell) {
        return Atomics.load(this.#words, cell + EXPIRES);
    }
    extend(cell, second) {
        if (Atomics.load(this.#words, cell + EXPIRES) < second)
            Atomics.store(this.#words, cell + EXPIRES, second);
    }
}
//# sourceMappingURL=limit-cells.js.map