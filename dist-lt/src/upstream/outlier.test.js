import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellBuffers, cellsOf, contextOf, upstreamOf } from '../../test/support/upstream-records.js';
import { runThreads } from '../../test/support/upstream-threads.js';
import { HEALTH_UNHEALTHY } from '../shared/endpoint-cells.js';
import { UpstreamGroup } from './group.js';
const SETTINGS = { consecutiveFailures: 3, ejectFor: 1_000, maxEjected: 0.5 };
function groupOf(weights, settings = {}) {
    const record = upstreamOf(weights, { outlier: { ...SETTINGS, ...settings } });
    const cells = cellsOf(cellBuffers());
    return { group: new UpstreamGroup(record, cells.endpoints, cells.upstreams), ...cells };
}
function fail(group, index, times, now) {
    for (let i = 0; i < times; i++)
        group.failed(index, now);
}
/** Which endpoints get traffic. */
function inUse(group, now) {
    const seen = new Set();
    for (let i = 0; i < 4 * group.record.endpoints.length; i++)
        seen.add(group.pick(contextOf(), null, now));
    return [...seen].sort();
}
describe('outlier ejection', () => {
    it('takes an endpoint out after so many failures in a row and back in by itself', () => {
        const { group, endpoints } = groupOf([1, 1]);
        fail(group, 0, 2, 0);
        group.succeeded(0, 5, 0);
        fail(group, 0, 2, 0);
        assert.deepEqual(inUse(group, 0), [0, 1]);
        fail(group, 0, 1, 0);
        assert.deepEqual(inUse(group, 0), [1]);
        assert.deepEqual(inUse(group, 999), [1]);
        assert.equal(endpoints.status(0, 400).ejectedForMs, 600);
        assert.deepEqual(inUse(group, 1_000), [0, 1]);
        assert.equal(endpoints.status(0, 1_000).ejections, 1);
        assert.equal(endpoints.status(0, 1_000).ejectedForMs, 0);
        assert.equal(endpoints.status(0, 1_000).failures, 5);
    });
    it('counts afresh after the ejection; failures of tries sent before it do not count', () => {
        const { group } = groupOf([1, 1]);
        fail(group, 0, 10, 0);
        fail(group, 0, 2, 1_000);
        assert.deepEqual(inUse(group, 1_000), [0, 1]);
        fail(group, 0, 1, 1_000);
        assert.deepEqual(inUse(group, 1_000), [1]);
    });
    it('lasts longer for one that fails again soon after it came back, up to five times, and forgets', () => {
        const { group, endpoints } = groupOf([1, 1]);
        const lengths = [];
        let now = 0;
        for (let round = 0; round < 7; round++) {
            fail(group, 0, 3, now);
            const length = endpoints.status(0, now).ejectedForMs;
            lengths.push(length);
            now += length;
        }
        assert.deepEqual(lengths, [1_000, 2_000, 3_000, 4_000, 5_000, 5_000, 5_000]);
        fail(group, 0, 3, now + 5_000);
        assert.equal(endpoints.status(0, now + 5_000).ejectedForMs, 1_000);
    });
    for (const { count, maxEjected, out } of [
        { count: 2, maxEjected: 0.5, out: 1 },
        { count: 3, maxEjected: 0.5, out: 1 },
        { count: 4, maxEjected: 0.5, out: 2 },
        { count: 10, maxEjected: 0.29, out: 2 },
        { count: 100, maxEjected: 0.29, out: 29 },
        { count: 3, maxEjected: 1, out: 2 },
        { count: 1, maxEjected: 1, out: 0 },
        { count: 4, maxEjected: 0, out: 0 },
    ]) {
        it(`at most ${out} of ${count} are out with max_ejected ${maxEjected}`, () => {
            const { group } = groupOf(Array(count).fill(1), { maxEjected });
            for (let index = 0; index < count; index++)
                fail(group, index, 5, 0);
            assert.equal(inUse(group, 0).length, count - out);
        });
    }
    it('never ejects the last endpoint that the health checks have left', () => {
        const { group, endpoints } = groupOf([1, 1, 0]);
        endpoints.setHealth(1, HEALTH_UNHEALTHY);
        fail(group, 0, 5, 0);
        assert.deepEqual(inUse(group, 0), [0]);
    });
    it('is off without settings, also for an endpoint that was ejected before the reload', () => {
        const buffers = cellBuffers();
        const { endpoints, upstreams } = cellsOf(buffers);
        const before = new UpstreamGroup(upstreamOf([1, 1], { outlier: SETTINGS }), endpoints, upstreams);
        fail(before, 0, 3, 0);
        assert.deepEqual(inUse(before, 0), [1]);
        const after = new UpstreamGroup(upstreamOf([1, 1]), endpoints, upstreams);
        assert.deepEqual(inUse(after, 0), [0, 1]);
        fail(after, 0, 100, 0);
        assert.deepEqual(inUse(after, 0), [0, 1]);
    });
    it('4 racing threads stay under the cap', async () => {
        for (let round = 0; round < 5; round++) {
            const buffers = cellBuffers();
            const record = upstreamOf([1, 1, 1, 1, 1, 1], { outlier: { ...SETTINGS, ejectFor: 60_000 } });
            await runThreads(4, buffers, record, { kind: 'fail', times: 2_000, endpoints: [0, 1, 2, 3, 4, 5] });
            const { endpoints } = cellsOf(buffers);
            const now = performance.now();
            const out = record.endpoints.filter(({ slot }) => endpoints.ejectedUntil(slot) > now);
            assert.equal(out.length, 3);
            const ejections = record.endpoints.reduce((sum, { slot }) => sum + endpoints.status(slot, now).ejections, 0);
            assert.equal(ejections, 3, 'none was ejected twice');
        }
    });
    it('a worker that dies while it ejects does not stop the others', () => {
        const buffers = cellBuffers();
        const record = upstreamOf([1, 1], { outlier: SETTINGS });
        const dead = cellsOf(buffers, 3);
        assert.ok(dead.upstreams.tryLockEjection(record.slot));
        const mine = cellsOf(buffers, 0);
        const group = new UpstreamGroup(record, mine.endpoints, mine.upstreams);
        fail(group, 0, 5, 0);
        assert.deepEqual(inUse(group, 0), [0, 1]);
        cellsOf(buffers, -1).upstreams.clearWorker(3);
        fail(group, 0, 1, 0);
        assert.deepEqual(inUse(group, 0), [1]);
    });
});
describe('a retry when every endpoint that is in has failed', () => {
    it('goes to an ejected endpoint rather than to the one that has just failed', () => {
        const { group } = groupOf([1, 1]);
        fail(group, 0, 3, 0);
        assert.equal(group.pick(contextOf(), null, 0), 1);
        assert.equal(group.pick(contextOf(), [1], 0), 0);
    });
    it('leaves out what a health check has found unhealthy', () => {
        const { group, endpoints } = groupOf([1, 1]);
        endpoints.setHealth(0, HEALTH_UNHEALTHY);
        assert.equal(group.pick(contextOf(), [1], 0), 1);
    });
});
//# sourceMappingURL=outlier.test.js.map