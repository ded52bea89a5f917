import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellBuffers, cellsOf, upstreamOf } from '../../test/support/upstream-records.js';
import { runThreads } from '../../test/support/upstream-threads.js';
import { EndpointCells, HEALTH_HEALTHY, HEALTH_UNHEALTHY } from './endpoint-cells.js';
import { MAX_ENDPOINTS, MAX_WORKERS } from './memory.js';
import { PROCESS_TIME_OFFSET } from './process-time.js';
describe('endpoint cells', () => {
    it('adds up what all threads have in flight and clears exactly the part of a dead one', async () => {
        const buffers = cellBuffers();
        const record = upstreamOf([1, 1]);
        await runThreads(4, buffers, record, { kind: 'begin', times: 10_000, ended: 9_990 });
        const { endpoints } = cellsOf(buffers, -1);
        assert.deepEqual([endpoints.inFlight(0), endpoints.inFlight(1), endpoints.inFlight(2)], [40, 40, 0]);
        endpoints.clearWorker(2);
        assert.deepEqual([endpoints.inFlight(0), endpoints.inFlight(1)], [30, 30]);
        assert.equal(endpoints.status(0, 0).tries, 40_000, 'the count of tries is not forgotten');
    });
    it('all threads agree on the time', async () => {
        const before = performance.now() + PROCESS_TIME_OFFSET;
        const times = await runThreads(3, cellBuffers(), upstreamOf([1]), { kind: 'time' });
        const after = performance.now() + PROCESS_TIME_OFFSET;
        for (const [time] of times) {
            assert.ok(time >= before - 1 && time <= after + 1, `${time} is not between ${before} and ${after}`);
        }
    });
    it('holds the last slot and the last worker', () => {
        const buffers = cellBuffers();
        const last = MAX_ENDPOINTS - 1;
        const { endpoints } = cellsOf(buffers, MAX_WORKERS - 1);
        endpoints.begin(last);
        endpoints.setHealth(last, HEALTH_UNHEALTHY);
        endpoints.addLatency(last, 7, 0);
        assert.equal(endpoints.inFlight(last), 1);
        assert.equal(endpoints.status(last, 0).latencyMs, 7);
        assert.equal(endpoints.inFlight(0), 0);
        assert.equal(endpoints.status(last - 1, 0).health, 'unknown');
        assert.throws(() => cellsOf(buffers, MAX_WORKERS), RangeError);
        assert.throws(() => new EndpointCells(new SharedArrayBuffer(64), 0), RangeError);
    });
    it('the version changes with the availability and only with it', () => {
        const { endpoints } = cellsOf(cellBuffers());
        const versions = new Set([endpoints.version()]);
        endpoints.setHealth(3, HEALTH_HEALTHY);
        versions.add(endpoints.version());
        endpoints.eject(3, 0, 100, 1);
        versions.add(endpoints.version());
        endpoints.reset(3);
        versions.add(endpoints.version());
        assert.equal(versions.size, 4);
        endpoints.setHealth(4, HEALTH_HEALTHY);
        const before = endpoints.version();
        endpoints.setHealth(4, HEALTH_HEALTHY);
        endpoints.begin(4);
        endpoints.end(4);
        endpoints.addFailure(4);
        endpoints.clearConsecutiveFailures(4);
        endpoints.addLatency(4, 10, 0);
        assert.equal(endpoints.version(), before);
    });
    it('a reset leaves nothing of the former owner, and touches no neighbour', () => {
        const { endpoints } = cellsOf(cellBuffers());
        for (const slot of [6, 7, 8]) {
            endpoints.begin(slot);
            endpoints.end(slot);
            endpoints.setHealth(slot, HEALTH_UNHEALTHY);
            endpoints.addFailure(slot);
            endpoints.addLatency(slot, 50, 0);
            endpoints.eject(slot, 0, 1_000, 2);
        }
        const neighbour = endpoints.status(6, 0);
        endpoints.reset(7);
        assert.deepEqual(endpoints.status(7, 0), endpoints.status(100, 0));
        assert.equal(endpoints.ejectionStreak(7), 0);
        assert.deepEqual(endpoints.status(6, 0), neighbour);
        assert.deepEqual(endpoints.status(8, 0), neighbour);
    });
    it('latency rises at once, falls slowly and fades', () => {
        const { endpoints } = cellsOf(cellBuffers());
        assert.equal(endpoints.latency(0, 0), 0);
        endpoints.addLatency(0, 10, 0);
        endpoints.addLatency(0, 100, 0);
        assert.equal(endpoints.latency(0, 0), 100);
        endpoints.addLatency(0, 10, 1_000);
        const after1s = endpoints.latency(0, 1_000);
        assert.ok(after1s > 85 && after1s < 95, `${after1s} after 1 s`);
        endpoints.addLatency(0, 10, 61_000);
        assert.ok(endpoints.latency(0, 61_000) < 10.5);
        assert.ok(endpoints.latency(0, 71_000) < 4);
    });
});
//# sourceMappingURL=endpoint-cells.test.js.map