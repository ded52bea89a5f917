import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Recorder } from './recorder.js';
import { createRegion } from './region.js';
import { ThreadProbe } from './thread-probe.js';
test('a busy thread shows', async () => {
    const region = createRegion();
    const series = [];
    const recorder = new Recorder(region, (announced) => series.push(...announced));
    const probe = new ThreadProbe(recorder, 3, 400);
    recorder.flush();
    const read = (name) => {
        const found = series.find(({ metric }) => metric === `octopus_worker_${name}`);
        assert.deepEqual(found?.labels, { worker: '3' });
        return new Float64Array(region)[found.cell];
    };
    assert.ok(read('heap_used_bytes') > 100_000, 'there from the start');
    assert.equal(read('event_loop_utilization'), 0, 'loading the thread does not count');
    // The delay is measured between two ticks of its own timer, so let that begin before blocking the thread.
    await sleep(150);
    const until = performance.now() + 200;
    while (performance.now() < until)
        ;
    const deadline = performance.now() + 5_000;
    while (read('event_loop_delay_seconds') === 0 && performance.now() < deadline)
        await sleep(20);
    assert.ok(read('event_loop_delay_seconds') > 0.1, `delay ${read('event_loop_delay_seconds')} s`);
    assert.ok(read('event_loop_delay_seconds') < 5);
    const utilization = read('event_loop_utilization');
    assert.ok(utilization > 0.2 && utilization <= 1, `utilization ${utilization}`);
    probe.stop();
});
//# sourceMappingURL=thread-probe.test.js.map