import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { METRICS, OVERFLOW } from './metric-table.js';
import { Recorder } from './recorder.js';
import { clearRegion, createRegion } from './region.js';
function setup(bytes) {
    const region = createRegion(bytes);
    const series = [];
    const recorder = new Recorder(region, (announced) => series.push(...announced));
    const cells = new Float64Array(region);
    const find = (metric, labels) => series.filter((one) => one.metric === metric && Object.entries(labels).every(([key, value]) => one.labels[key] === value));
    /** Sum of all series with these labels, at that distance from their first cell. */
    const value = (metric, labels, offset = 0) => {
        recorder.flush();
        return find(metric, labels).reduce((sum, one) => sum + cells[one.cell + offset], 0);
    };
    return { recorder, region, series, cells, find, value };
}
test('requests are counted by method, status and route', () => {
    const { recorder, value } = setup();
    const users = recorder.route('/users/{id}');
    users.record('GET', 200, 1);
    users.record('GET', 200, 1);
    users.record('GET', 404, 1);
    users.record('POST', 200, 1);
    users.record('GET', 200, 1);
    recorder.route('/other').record('GET', 200, 1);
    const labels = { method: 'GET', status: '200', route: '/users/{id}' };
    assert.equal(value('octopus_requests_total', labels), 3);
    assert.equal(value('octopus_requests_total', { ...labels, status: '404' }), 1);
    assert.equal(value('octopus_requests_total', { ...labels, method: 'POST' }), 1);
    assert.equal(value('octopus_requests_total', { ...labels, route: '/other' }), 1);
});
test('latencies fall into the bucket whose bound they do not exceed', () => {
    const { recorder, value } = setup();
    const { buckets } = METRICS.octopus_request_duration_seconds;
    const route = recorder.route('/r');
    buckets.forEach((bound) => {
        route.record('GET', 200, bound * 1000);
        route.record('GET', 200, bound * 1000 + 0.01);
    });
    route.record('GET', 200, 0);
    route.record('GET', 200, 3_600_000);
    const labels = { method: 'GET', route: '/r' };
    const counts = [...buckets, Infinity].map((_, at) => value('octopus_request_duration_seconds', labels, at));
    // Each bucket has its own bound and what just exceeded the bound below; the first has 0 too, the last the hour too.
    assert.deepEqual(counts, [2, ...buckets.slice(1).map(() => 2), 2]);
    const sum = buckets.reduce((total, bound) => total + 2 * bound + 0.00001, 0) + 3600;
    assert.ok(Math.abs(value('octopus_request_duration_seconds', labels, buckets.length + 1) - sum) < 1e-6);
});
test('strange methods and statuses share labels', () => {
    const { recorder, value, find } = setup();
    const route = recorder.route('/r');
    for (const method of ['BREW', 'get', 'PROPFIND', ''])
        route.record(method, 200, 1);
    for (const status of [0, 99, 600, 999, -1, Number.NaN])
        route.record('GET', status, 1);
    assert.equal(value('octopus_requests_total', { method: 'OTHER', status: '200', route: '/r' }), 4);
    assert.equal(value('octopus_requests_total', { method: 'GET', status: 'other', route: '/r' }), 6);
    assert.equal(find('octopus_requests_total', {}).length, 2);
});
test('the same pattern and the same labels are the same series', () => {
    const { recorder, series, value } = setup();
    for (let round = 0; round < 3; round++) {
        recorder.route('/r').record('GET', 200, 1);
        recorder.upstream('u').response(200);
        recorder.counter('octopus_plugin_events_total', { plugin: 'cors', event: 'denied' }).add(2);
        recorder.counter('octopus_plugin_events_total', { event: 'denied', plugin: 'cors' }).add(1);
    }
    recorder.flush();
    const keys = series.map((one) => `${one.metric} ${JSON.stringify(Object.entries(one.labels).sort())}`);
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(value('octopus_plugin_events_total', { plugin: 'cors', event: 'denied' }), 9);
    assert.equal(value('octopus_upstream_requests_total', { upstream: 'u', status: '200' }), 3);
});
test('a series is announced in the same turn of the event loop in one batch, and once', async () => {
    const batches = [];
    const recorder = new Recorder(createRegion(), (series) => batches.push(series));
    recorder.route('/a').record('GET', 200, 1);
    recorder.route('/b').record('GET', 200, 1);
    await turn();
    recorder.route('/a').record('GET', 200, 1);
    await turn();
    assert.equal(batches.length, 1);
    assert.equal(batches[0].filter((one) => one.metric === 'octopus_requests_total').length, 2);
});
test('what happens at an upstream', () => {
    const { recorder, value } = setup();
    const upstream = recorder.upstream('users');
    for (const metric of [
        'retries_total',
        'connections_opened_total',
        'connections_reused_total',
        'connections',
    ]) {
        assert.equal(value(`octopus_upstream_${metric}`, { upstream: 'users' }), 0);
    }
    upstream.connectionOpened();
    upstream.connectionOpened();
    upstream.connectionReused();
    upstream.connectionClosed();
    upstream.retry();
    upstream.response(200);
    upstream.response(1000);
    upstream.failure('upstream_reset');
    upstream.retryAbandoned('budget');
    upstream.retryAbandoned('budget');
    const labels = { upstream: 'users' };
    assert.equal(value('octopus_upstream_connections', labels), 1);
    assert.equal(value('octopus_upstream_connections_opened_total', labels), 2);
    assert.equal(value('octopus_upstream_connections_reused_total', labels), 1);
    assert.equal(value('octopus_upstream_retries_total', labels), 1);
    assert.equal(value('octopus_upstream_requests_total', { ...labels, status: '200' }), 1);
    assert.equal(value('octopus_upstream_requests_total', { ...labels, status: 'other' }), 1);
    assert.equal(value('octopus_upstream_failures_total', { ...labels, code: 'upstream_reset' }), 1);
    assert.equal(value('octopus_upstream_retries_abandoned_total', { ...labels, reason: 'budget' }), 2);
});
test('errors and rejections by code', () => {
    const { recorder, value } = setup();
    recorder.error('no_route');
    recorder.error('no_route');
    recorder.rejected('bad_host');
    assert.equal(value('octopus_errors_total', { code: 'no_route' }), 2);
    assert.equal(value('octopus_rejected_requests_total', { code: 'bad_host' }), 1);
});
test('a full region counts on as __overflow__ and never loses or mixes numbers', () => {
    // The reserve is 64 KB, so that this leaves room for about a hundred routes.
    const { recorder, value, series, cells } = setup(64 * 1024 + 16 * 1024);
    for (let round = 0; round < 2; round++) {
        for (let at = 0; at < 500; at++)
            recorder.route(`/${at}`).record('GET', at % 2 ? 200 : 500, 1);
    }
    assert.equal(value('octopus_requests_total', {}), 1000);
    let latencies = 0;
    for (let bucket = 0; bucket <= 15; bucket++)
        latencies += value('octopus_request_duration_seconds', {}, bucket);
    assert.equal(latencies, 1000);
    const overflow = value('octopus_requests_total', { route: OVERFLOW });
    assert.ok(overflow > 500 && overflow < 1000, `${overflow} in the overflow`);
    assert.ok(value('octopus_metric_series_overflowed_total', {}) > 0);
    const event = recorder.counter('octopus_plugin_events_total', { plugin: 'p', event: 'e' });
    event.add(1);
    assert.equal(value('octopus_plugin_events_total', { plugin: OVERFLOW, event: OVERFLOW }), 1);
    const upstream = recorder.upstream('late');
    upstream.response(200);
    assert.equal(value('octopus_upstream_requests_total', { upstream: OVERFLOW, status: OVERFLOW }), 1);
    const ends = series.map((one) => [
        one.cell,
        one.cell + (one.metric === 'octopus_request_duration_seconds' ? 17 : 1),
    ]);
    ends.sort((a, b) => a[0] - b[0]);
    for (let at = 1; at < ends.length; at++)
        assert.ok(ends[at][0] >= ends[at - 1][1], 'series do not overlap');
    assert.ok(ends.at(-1)[1] <= cells.length);
});
test('every status of every method fits into the overflow reserve', () => {
    const { recorder, value } = setup(64 * 1024 + 64);
    const route = recorder.route('/r');
    let count = 0;
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'X']) {
        for (let status = 99; status <= 599; status++, count++)
            route.record(method, status, 1);
    }
    assert.equal(value('octopus_requests_total', {}), count);
    assert.equal(value('octopus_request_duration_seconds', { route: OVERFLOW }, 1), count);
});
test('one metric cannot take the region away from the others', () => {
    const { recorder, value, series } = setup();
    for (let at = 0; at < 12_000; at++) {
        recorder.counter('octopus_plugin_events_total', { plugin: 'p', event: String(at) }).add(1);
    }
    recorder.route('/r').record('GET', 200, 1);
    assert.equal(value('octopus_plugin_events_total', {}), 12_000);
    assert.equal(value('octopus_plugin_events_total', { event: OVERFLOW }), 2_000);
    assert.equal(value('octopus_requests_total', { route: '/r' }), 1);
    assert.ok(series.length < 10_100);
});
test('clearing makes a region as good as new', () => {
    const { recorder, region, cells } = setup(64 * 1024 + 16 * 1024);
    for (let at = 0; at < 300; at++)
        recorder.route(`/${at}`).record('GET', 200, 1);
    assert.ok(cells.some((value) => value !== 0));
    clearRegion(region);
    assert.ok(cells.every((value) => value === 0));
});
test('recording allocates nothing once the series are there', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const { recorder } = setup();
    const route = recorder.route('/r');
    const upstream = recorder.upstream('u');
    const run = (times) => {
        for (let at = 0; at < times; at++) {
            route.record('GET', at & 1 ? 200 : 404, at % 100);
            upstream.response(200);
        }
    };
    // Until the compiler is done; the interpreter boxes fractions.
    run(500_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    run(200_000);
    const grown = process.memoryUsage().heapUsed - before;
    // One boxed number per request would be 2.4 MB, few enough for no collection to hide them.
    assert.ok(grown < 1_500_000, `${grown} bytes for 200,000 requests`);
});
//# sourceMappingURL=recorder.test.js.map