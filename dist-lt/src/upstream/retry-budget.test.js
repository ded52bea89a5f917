import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellBuffers, cellsOf, upstreamOf } from '../../test/support/upstream-records.js';
import { runThreads, sumOf } from '../../test/support/upstream-threads.js';
import { PROCESS_TIME_OFFSET } from '../shared/process-time.js';
import { UpstreamGroup } from './group.js';
/** The budget ages when a second of process time is over: one begins here. */
const START = 1_000 - (PROCESS_TIME_OFFSET % 1_000);
function groupOf() {
    const { endpoints, upstreams } = cellsOf(cellBuffers());
    return { group: new UpstreamGroup(upstreamOf([1]), endpoints, upstreams), upstreams };
}
/** Retries until refused. */
function drain(group, now, share = 0.2) {
    let allowed = 0;
    while (group.mayRetry(share, now))
        allowed++;
    return allowed;
}
describe('retry budget', () => {
    it('starts with a reserve and refills slowly without traffic, up to the reserve', () => {
        const { group, upstreams } = groupOf();
        assert.equal(drain(group, START), 100);
        assert.equal(drain(group, START + 900), 0);
        assert.equal(drain(group, START + 3_000), 30);
        assert.equal(drain(group, START + 3_600_000), 100);
        assert.equal(upstreams.status(0, 0).retries, 230);
        assert.equal(upstreams.status(0, 0).retriesRefused, 4);
    });
    it('bounds retries to the share of the requests', () => {
        const { group } = groupOf();
        drain(group, START);
        let allowed = 0;
        for (let i = 0; i < 10_000; i++) {
            group.noteRequest(0.2, 0);
            if (group.mayRetry(0.2, 0))
                allowed++;
        }
        assert.equal(allowed, 2_000);
    });
    it('keeps about ten seconds of deposits for a burst', () => {
        const { group } = groupOf();
        for (let second = 0; second < 120; second++) {
            for (let i = 0; i < 1_000; i++)
                group.noteRequest(0.2, second * 1_000);
        }
        const allowed = drain(group, 119_000);
        assert.ok(allowed > 1_500 && allowed < 2_500, `${allowed} retries after 1,000 requests/s at 20%`);
    });
    it('a share of 0 allows none', () => {
        const { group } = groupOf();
        assert.equal(drain(group, 0, 0), 0);
    });
    it('does not overflow', () => {
        const { group } = groupOf();
        for (let i = 0; i < 3_000_000; i++)
            group.noteRequest(1, 0);
        assert.ok(group.mayRetry(1, 0));
        group.noteRequest(1, 60_000);
        assert.ok(group.mayRetry(1, 60_000));
    });
    it('4 racing threads get no token twice', async () => {
        const buffers = cellBuffers();
        const { endpoints, upstreams } = cellsOf(buffers);
        const group = new UpstreamGroup(upstreamOf([1]), endpoints, upstreams);
        for (let i = 0; i < 900; i++)
            group.noteRequest(1, performance.now());
        const before = performance.now();
        const [allowed] = sumOf(await runThreads(4, buffers, upstreamOf([1]), { kind: 'retry', times: 2_000, share: 1 }));
        // 1,000 are there; each full second meanwhile takes a tenth of what is left or adds 10.
        const seconds = Math.ceil((performance.now() - before) / 1_000);
        assert.ok(allowed <= 1_000 + 10 * seconds, `${allowed} of 1000`);
        assert.ok(allowed >= 1_000 * 0.9 ** seconds, `${allowed} of 1000`);
    });
});
//# sourceMappingURL=retry-budget.test.js.map