import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { LimitCells, limitBytes } from '../shared/limit-cells.js';
import { MemoryLimitStore } from './memory-limit-store.js';
const SECOND = 1e9;
class Clock {
    now = 5_000 * SECOND;
    read = () => this.now;
    pass(milliseconds) {
        this.now += milliseconds * 1e6;
    }
}
function makeStore(cells = 1024) {
    const clock = new Clock();
    return { store: new MemoryLimitStore(new SharedArrayBuffer(limitBytes(cells)), clock.read), clock };
}
describe('MemoryLimitStore.tokenBucket', () => {
    it('gives its capacity at once, then what is refilled', () => {
        const { store, clock } = makeStore();
        for (let left = 9; left >= 0; left--) {
            const decision = store.tokenBucket('a', 10, 2);
            assert.equal(decision.allowed, true);
            assert.equal(decision.remaining, left);
        }
        const refused = store.tokenBucket('a', 10, 2);
        assert.deepEqual(refused, { allowed: false, remaining: 0, resetMs: 5000, retryAfterMs: 500 });
        clock.pass(499);
        assert.equal(store.tokenBucket('a', 10, 2).allowed, false);
        clock.pass(1);
        assert.equal(store.tokenBucket('a', 10, 2).allowed, true);
        clock.pass(60_000);
        assert.equal(store.tokenBucket('a', 10, 2).remaining, 9);
    });
    it('keeps keys apart', () => {
        const { store } = makeStore();
        assert.equal(store.tokenBucket('a', 1, 1).allowed, true);
        assert.equal(store.tokenBucket('a', 1, 1).allowed, false);
        assert.equal(store.tokenBucket('b', 1, 1).allowed, true);
    });
    it('takes a cost, and never one over the capacity', () => {
        const { store } = makeStore();
        assert.equal(store.tokenBucket('a', 10, 1, 7).remaining, 3);
        assert.equal(store.tokenBucket('a', 10, 1, 4).retryAfterMs, 1000);
        assert.equal(store.tokenBucket('a', 10, 1, 3).allowed, true);
        assert.equal(store.tokenBucket('b', 10, 1, 11).retryAfterMs, Number.POSITIVE_INFINITY);
    });
    it('holds very slow buckets', () => {
        const { store, clock } = makeStore();
        for (let i = 0; i < 3; i++)
            assert.equal(store.tokenBucket('a', 3, 1e-12).allowed, true);
        assert.equal(store.tokenBucket('a', 3, 1e-12).allowed, false);
        clock.pass(30 * 86_400_000);
        assert.equal(store.tokenBucket('a', 3, 1e-12).remaining, 0);
    });
    it('admits capacity + rate × time over a long run, also for rates that are no whole nanoseconds', () => {
        const { store, clock } = makeStore();
        let admitted = 0;
        for (let i = 0; i < 30_000; i++) {
            if (store.tokenBucket('a', 50, 3).allowed)
                admitted++;
            clock.pass(10);
        }
        // The last call comes at 299.99 s.
        assert.equal(admitted, 50 + Math.floor(299.99 * 3));
    });
});
describe('MemoryLimitStore.slidingWindow', () => {
    it('counts one window exactly', () => {
        const { store, clock } = makeStore();
        clock.pass(250);
        for (let left = 4; left >= 0; left--)
            assert.equal(store.slidingWindow('a', 5, 1000).remaining, left);
        const refused = store.slidingWindow('a', 5, 1000);
        assert.equal(refused.allowed, false);
        // The current window ends in 750 ms, then a fifth of the next one must pass until one of the five has faded.
        assert.ok(Math.abs(refused.retryAfterMs - 950) < 0.001, String(refused.retryAfterMs));
        clock.pass(949);
        assert.equal(store.slidingWindow('a', 5, 1000).allowed, false);
        clock.pass(2);
        assert.equal(store.slidingWindow('a', 5, 1000).allowed, true);
    });
    it('lets the window before fade', () => {
        const { store, clock } = makeStore();
        for (let i = 0; i < 10; i++)
            store.slidingWindow('a', 10, 1000);
        clock.pass(1500);
        let admitted = 0;
        while (store.slidingWindow('a', 10, 1000).allowed)
            admitted++;
        assert.equal(admitted, 5);
    });
    it('tells when it will allow again, whichever window is full', () => {
        const { store, clock } = makeStore();
        for (let i = 0; i < 10; i++)
            store.slidingWindow('a', 10, 1000);
        clock.pass(1200);
        let decision = store.slidingWindow('a', 10, 1000);
        for (let i = 0; i < 200; i++) {
            if (!decision.allowed) {
                clock.pass(decision.retryAfterMs - 0.01);
                assert.equal(store.slidingWindow('a', 10, 1000).allowed, false);
                clock.pass(0.02);
                decision = store.slidingWindow('a', 10, 1000);
                assert.equal(decision.allowed, true);
            }
            else {
                decision = store.slidingWindow('a', 10, 1000);
            }
        }
    });
    it('is empty again after two idle windows and tells so', () => {
        const { store, clock } = makeStore();
        const decision = store.slidingWindow('a', 10, 1000, 8);
        clock.pass(decision.resetMs);
        assert.equal(store.slidingWindow('a', 10, 1000).remaining, 9);
    });
    it('does not take a count from 65,536 windows ago for its own', () => {
        const { store, clock } = makeStore();
        for (let i = 0; i < 5; i++)
            store.slidingWindow('a', 5, 1000);
        assert.equal(store.slidingWindow('a', 5, 1000).allowed, false);
        clock.pass(65_536 * 1000);
        assert.equal(store.slidingWindow('a', 5, 1000).remaining, 4);
    });
    it('counts a request whose thread read the clock just before the window changed', () => {
        const { store, clock } = makeStore();
        clock.pass(1000);
        for (let i = 0; i < 5; i++)
            store.slidingWindow('a', 5, 1000);
        clock.pass(-1);
        assert.equal(store.slidingWindow('a', 5, 1000).allowed, false);
    });
    it('refuses what its counters cannot hold', () => {
        const { store } = makeStore();
        assert.throws(() => store.slidingWindow('a', 2 ** 24, 1000), RangeError);
        assert.throws(() => store.slidingWindow('a', 1, 2 ** 32), RangeError);
    });
});
describe('LimitCells', () => {
    it('stays within its memory: a full bucket gives up the cell that expires first', () => {
        const { store } = makeStore(8);
        // Eight cells, one bucket. `short` is full again first.
        store.tokenBucket('short', 1, 10);
        for (let i = 0; i < 7; i++)
            store.tokenBucket(`long${i}`, 1, 0.01);
        store.tokenBucket('new', 1, 0.01);
        assert.equal(store.tokenBucket('new', 1, 0.01).allowed, false);
        for (let i = 0; i < 7; i++)
            assert.equal(store.tokenBucket(`long${i}`, 1, 0.01).allowed, false, `long${i}`);
    });
    it('gives an expired cell to another key with nothing left of the old one', () => {
        const { store, clock } = makeStore(8);
        for (let i = 0; i < 8; i++)
            store.slidingWindow(`w${i}`, 1, 1000);
        clock.pass(3000);
        for (let i = 0; i < 8; i++) {
            assert.equal(store.tokenBucket(`b${i}`, 2, 0.01).remaining, 1);
            assert.equal(store.tokenBucket(`b${i}`, 2, 0.01).remaining, 0);
        }
    });
    it('serves a hundred thousand keys in a table of a thousand', () => {
        const { store } = makeStore();
        for (let i = 0; i < 100_000; i++)
            assert.equal(store.tokenBucket(`k${i}`, 1, 0.001).allowed, true);
    });
    it('refuses memory of an odd size', () => {
        assert.throws(() => new LimitCells(new SharedArrayBuffer(limitBytes(24))), RangeError);
    });
});
describe('several threads', () => {
    /** Starts all threads at once and returns how many calls each allowed. */
    async function hammer(tasks) {
        const gate = new SharedArrayBuffer(8);
        const workers = tasks.map((task) => new Worker(new URL('../../test/support/limit-hammer.js', import.meta.url), {
            workerData: { ...task, gate },
        }));
        const results = workers.map(async (worker) => {
            const [allowed] = (await once(worker, 'message'));
            return allowed;
        });
        const ready = new Int32Array(gate);
        while (Atomics.load(ready, 0) < tasks.length)
            await new Promise((resolve) => setTimeout(resolve, 5));
        Atomics.store(ready, 1, 1);
        Atomics.notify(ready, 1);
        return Promise.all(results);
    }
    const sum = (counts) => counts.reduce((total, count) => total + count, 0);
    it('admit exactly the capacity of a token bucket', { timeout: 30_000 }, async () => {
        const memory = new SharedArrayBuffer(limitBytes(1024));
        const task = { memory, algorithm: 'bucket', limit: 50_000, keys: 1, calls: 30_000 };
        const counts = await hammer([task, task, task, task]);
        assert.equal(sum(counts), 50_000);
        assert.ok(Math.min(...counts) > 0, `not concurrent: ${counts}`);
    });
    it('admit exactly the limit of a sliding window', { timeout: 30_000 }, async () => {
        const memory = new SharedArrayBuffer(limitBytes(1024));
        const task = { memory, algorithm: 'window', limit: 50_000, keys: 1, calls: 30_000 };
        const counts = await hammer([task, task, task, task]);
        assert.equal(sum(counts), 50_000);
    });
    it('agree on one cell for each key when all bring in the same new keys', { timeout: 30_000 }, async () => {
        const memory = new SharedArrayBuffer(limitBytes(2 ** 17));
        const task = { memory, algorithm: 'bucket', limit: 3, keys: 10_000, calls: 20_000 };
        const counts = await hammer([task, task, task, task]);
        assert.equal(sum(counts), 30_000);
    });
});
//# sourceMappingURL=memory-limit-store.test.js.map