import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { cellBuffers, cellsOf, upstreamOf } from '../../test/support/upstream-records.js';
import { runThreads, sumOf } from '../../test/support/upstream-threads.js';
import { isProbe, REFUSED } from './admission.js';
import { UpstreamGroup } from './group.js';
const TIMEOUT = 1_000;
/** From `MIN_LEASE` and the timeouts of `upstreamOf`. */
const LEASE = 30_000;
function recordOf(halfOpenRequests = 1, timeout = TIMEOUT) {
    return upstreamOf([1], { circuitBreaker: { failureThreshold: 3, timeout, halfOpenRequests } });
}
function groupOf(halfOpenRequests = 1, buffers = cellBuffers(), worker = 0) {
    const { endpoints, upstreams } = cellsOf(buffers, worker);
    return { group: new UpstreamGroup(recordOf(halfOpenRequests), endpoints, upstreams), upstreams };
}
function fail(group, times, now) {
    for (let i = 0; i < times; i++)
        group.settle(group.admit(now), false, now);
}
/** Admits until refused. */
function probesAt(group, now) {
    const probes = [];
    for (let admission = group.admit(now); admission !== REFUSED; admission = group.admit(now)) {
        assert.ok(isProbe(admission));
        probes.push(admission);
    }
    return probes;
}
describe('circuit breaker', () => {
    it('opens after the threshold of failures in a row, not before', () => {
        const { group, upstreams } = groupOf();
        fail(group, 2, 0);
        group.settle(group.admit(0), true, 0);
        fail(group, 2, 0);
        assert.equal(upstreams.status(0, 0).consecutiveFailures, 2);
        assert.notEqual(group.admit(0), REFUSED);
        fail(group, 1, 0);
        assert.equal(group.admit(0), REFUSED);
        assert.deepEqual(upstreams.status(0, 400), {
            breaker: 'open',
            openForMs: 600,
            consecutiveFailures: 0,
            opened: 1,
            refused: 1,
            retries: 0,
            retriesRefused: 0,
        });
    });
    it('lets exactly half_open_requests probes through after the timeout and closes when all succeed', () => {
        const { group, upstreams } = groupOf(3);
        fail(group, 3, 0);
        assert.equal(group.admit(TIMEOUT - 1), REFUSED);
        const probes = probesAt(group, TIMEOUT);
        assert.equal(probes.length, 3);
        assert.equal(upstreams.status(0, TIMEOUT).breaker, 'half-open');
        group.settle(probes[0], true, TIMEOUT);
        group.settle(probes[1], true, TIMEOUT);
        assert.equal(group.admit(TIMEOUT), REFUSED, 'successful probes do not free permits');
        group.settle(probes[2], true, TIMEOUT);
        assert.equal(upstreams.status(0, TIMEOUT).breaker, 'closed');
        assert.notEqual(group.admit(TIMEOUT), REFUSED);
    });
    it('one failed probe opens it again for a whole timeout', () => {
        const { group, upstreams } = groupOf(2);
        fail(group, 3, 0);
        const probes = probesAt(group, TIMEOUT);
        group.settle(probes[0], true, TIMEOUT);
        group.settle(probes[1], false, TIMEOUT + 500);
        assert.equal(group.admit(2 * TIMEOUT + 499), REFUSED);
        assert.equal(probesAt(group, 2 * TIMEOUT + 500).length, 2, 'the earlier success does not count any more');
        assert.equal(upstreams.status(0, 0).opened, 2);
    });
    it('a released probe is neither success nor failure and its permit is free again', () => {
        const { group, upstreams } = groupOf(2);
        fail(group, 3, 0);
        const [first, second] = probesAt(group, TIMEOUT);
        group.release(first);
        assert.equal(upstreams.status(0, TIMEOUT).breaker, 'half-open');
        const again = probesAt(group, TIMEOUT);
        assert.equal(again.length, 1);
        group.settle(second, true, TIMEOUT);
        group.settle(again[0], true, TIMEOUT);
        assert.equal(upstreams.status(0, TIMEOUT).breaker, 'closed');
    });
    it('only the permits of probes that never report go to others when the lease ends', () => {
        const { group, upstreams } = groupOf(3);
        fail(group, 3, 0);
        const [reports, lost] = probesAt(group, TIMEOUT);
        group.settle(reports, true, TIMEOUT);
        assert.equal(group.admit(TIMEOUT + LEASE - 1), REFUSED);
        const late = TIMEOUT + LEASE;
        const again = probesAt(group, late);
        assert.equal(again.length, 2);
        group.settle(lost, false, late);
        assert.equal(upstreams.status(0, late).breaker, 'half-open', 'a report after the lease is void');
        for (const probe of again)
            group.settle(probe, true, late);
        assert.equal(upstreams.status(0, late).breaker, 'closed');
    });
    it('outcomes of requests admitted before a transition do not count after it', () => {
        const { group, upstreams } = groupOf();
        const old = [group.admit(0), group.admit(0), group.admit(0)];
        fail(group, 3, 0);
        group.settle(old[0], true, 0);
        assert.equal(upstreams.status(0, 0).breaker, 'open');
        group.settle(probesAt(group, TIMEOUT)[0], true, TIMEOUT);
        for (const admission of old)
            group.settle(admission, false, TIMEOUT);
        assert.equal(upstreams.status(0, TIMEOUT).breaker, 'closed');
        assert.equal(upstreams.status(0, TIMEOUT).consecutiveFailures, 0);
    });
    it('survives 40,000 rounds: the generation wraps without effect', () => {
        const { group } = groupOf();
        let now = 0;
        for (let round = 0; round < 40_000; round++) {
            fail(group, 3, now);
            now += TIMEOUT;
            const probe = group.admit(now);
            assert.ok(isProbe(probe));
            group.settle(probe, true, now);
        }
        assert.notEqual(group.admit(now), REFUSED);
    });
    it('is off without settings', () => {
        const { endpoints, upstreams } = cellsOf(cellBuffers());
        const group = new UpstreamGroup(upstreamOf([1]), endpoints, upstreams);
        fail(group, 1_000, 0);
        assert.notEqual(group.admit(0), REFUSED);
    });
    it('is one for all workers and outlives the groups', () => {
        const buffers = cellBuffers();
        fail(groupOf(1, buffers, 0).group, 3, 0);
        assert.equal(groupOf(1, buffers, 1).group.admit(0), REFUSED);
        assert.equal(groupOf(1, buffers, 0).group.admit(0), REFUSED);
    });
});
describe('circuit breaker across threads', () => {
    /** Opens it for 20 ms and waits until a probe is due. */
    async function openAndWait(buffers, halfOpenRequests) {
        const record = recordOf(halfOpenRequests, 20);
        const { endpoints, upstreams } = cellsOf(buffers);
        const group = new UpstreamGroup(record, endpoints, upstreams);
        fail(group, 3, performance.now());
        await wait(25);
        return { record, group, upstreams };
    }
    for (const halfOpenRequests of [1, 3, 1_000]) {
        it(`4 racing threads get exactly ${halfOpenRequests} probes`, async () => {
            const buffers = cellBuffers();
            const { record } = await openAndWait(buffers, halfOpenRequests);
            const results = await runThreads(4, buffers, record, { kind: 'admit', times: 20_000 });
            assert.deepEqual(sumOf(results), [0, halfOpenRequests, 80_000 - halfOpenRequests]);
        });
    }
    it('a failing upstream gets one probe per timeout, however many threads ask', async () => {
        const buffers = cellBuffers();
        const { record, upstreams } = await openAndWait(buffers, 1);
        const [probes] = sumOf(await runThreads(4, buffers, record, { kind: 'probe', forMs: 400, ok: false }));
        assert.ok(probes >= 2 && probes <= 400 / 20 + 1, `${probes} probes in 400 ms with a timeout of 20 ms`);
        assert.equal(upstreams.status(0, performance.now()).opened, probes + 1);
    });
    it('an upstream that is well again closes it', async () => {
        const buffers = cellBuffers();
        const { record, upstreams } = await openAndWait(buffers, 5);
        const [probes] = sumOf(await runThreads(4, buffers, record, { kind: 'probe', forMs: 50, ok: true }));
        assert.equal(probes, 5);
        assert.equal(upstreams.status(0, performance.now()).breaker, 'closed');
    });
    it('permits of a dead worker come back at once, those of others stay', async () => {
        const buffers = cellBuffers();
        const { record, upstreams } = await openAndWait(buffers, 8);
        const mine = cellsOf(buffers, 7);
        const survivor = new UpstreamGroup(record, mine.endpoints, mine.upstreams);
        assert.ok(isProbe(survivor.admit(performance.now())));
        const [counts] = await runThreads(1, buffers, record, { kind: 'admit', times: 100 });
        assert.deepEqual(counts, [0, 7, 93]);
        assert.equal(survivor.admit(performance.now()), REFUSED);
        upstreams.clearWorker(0);
        assert.equal(probesAt(survivor, performance.now()).length, 7);
    });
});
//# sourceMappingURL=breaker.test.js.map