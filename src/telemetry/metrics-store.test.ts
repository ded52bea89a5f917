import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type CheckedFamily, checkExposition } from '../../test/support/exposition-check.ts';
import { formatFor } from './exposition-format.ts';
import { METRICS, OVERFLOW, UNMATCHED } from './metric-table.ts';
import { MetricsStore, type MetricsStoreOptions } from './metrics-store.ts';
import { Recorder } from './recorder.ts';
import { createRegion } from './region.ts';

function setup(options?: MetricsStoreOptions) {
  const store = new MetricsStore(options);
  const start = (region = createRegion()) => {
    const life = store.attach(region);
    const recorder = new Recorder(region, (series) => life.announce(series));
    return { region, life, recorder };
  };
  const scrape = async () => checkExposition((await store.render('prometheus')).body, 'prometheus');
  return { store, start, scrape };
}

function sample(families: Map<string, CheckedFamily>, name: string, labels: string): number | undefined {
  return families.get(name)?.samples.get(`${name}{${labels}}`);
}

function total(families: Map<string, CheckedFamily>, name: string): number {
  return [...(families.get(name)?.samples.values() ?? [])].reduce((sum, value) => sum + value, 0);
}

test('equal series of several workers are added up', async () => {
  const { start, scrape } = setup();
  const workers = [start(), start(), start()];
  workers.forEach(({ recorder }, at) => {
    for (let count = 0; count <= at; count++) recorder.route('/r').record('GET', 200, 3);
    recorder.gauge('octopus_active_connections', {}).set(10 * (at + 1));
    recorder.gauge('octopus_worker_connections', { worker: String(at) }).set(at);
    recorder.flush();
  });
  const families = await scrape();
  assert.equal(sample(families, 'octopus_requests_total', 'method="GET",route="/r",status="200"'), 6);
  assert.equal(sample(families, 'octopus_active_connections', ''), 60);
  assert.equal(sample(families, 'octopus_worker_connections', 'worker="2"'), 2);
  const latency = families.get('octopus_request_duration_seconds')!.samples;
  assert.equal(
    latency.get('octopus_request_duration_seconds_bucket{le="0.0025",method="GET",route="/r"}'),
    0,
  );
  assert.equal(latency.get('octopus_request_duration_seconds_bucket{le="0.005",method="GET",route="/r"}'), 6);
  assert.equal(latency.get('octopus_request_duration_seconds_count{method="GET",route="/r"}'), 6);
  assert.ok(
    Math.abs(latency.get('octopus_request_duration_seconds_sum{method="GET",route="/r"}')! - 0.018) < 1e-9,
  );
});

test('a dead worker keeps its counts and takes its gauges along; its successor counts on', async () => {
  const { start, scrape } = setup();
  const first = start();
  const other = start();
  for (const { recorder } of [first, other]) {
    recorder.route('/r').record('GET', 200, 3);
    recorder.gauge('octopus_active_connections', {}).set(5);
    recorder.flush();
  }
  first.recorder.gauge('octopus_worker_connections', { worker: '0' }).set(5);
  first.recorder.flush();
  const before = await scrape();
  assert.equal(sample(before, 'octopus_worker_connections', 'worker="0"'), 5);

  first.life.retire();
  first.life.retire();
  first.life.announce([{ metric: 'octopus_active_connections', labels: {}, cell: 5 }]);
  const between = await scrape();
  assert.equal(total(between, 'octopus_requests_total'), 2);
  assert.equal(sample(between, 'octopus_active_connections', ''), 5);
  assert.ok(!between.has('octopus_worker_connections'));

  const successor = start(first.region);
  successor.recorder.route('/r').record('GET', 200, 3);
  successor.recorder.gauge('octopus_worker_connections', { worker: '0' }).set(1);
  successor.recorder.flush();
  const after = await scrape();
  assert.equal(total(after, 'octopus_requests_total'), 3);
  assert.equal(
    after
      .get('octopus_request_duration_seconds')!
      .samples.get('octopus_request_duration_seconds_count{method="GET",route="/r"}'),
    3,
  );
  assert.equal(sample(after, 'octopus_worker_connections', 'worker="0"'), 1);
});

test('thousands of deaths leave nothing behind', async () => {
  const { start, scrape } = setup();
  const region = createRegion();
  for (let life = 0; life < 2_000; life++) {
    const worker = start(region);
    worker.recorder.route('/r').record('GET', 200, 3);
    worker.recorder.gauge('octopus_worker_connections', { worker: '0' }).set(1);
    worker.recorder.flush();
    worker.life.retire();
  }
  const families = await scrape();
  assert.equal(total(families, 'octopus_requests_total'), 2_000);
  assert.ok(!families.has('octopus_worker_connections'));
});

test('routes beyond the cap share a label, the same ones in every metric and for every worker', async () => {
  const { start, scrape } = setup({ maxLabelValues: 3 });
  const [first, second] = [start(), start()];
  for (let at = 0; at < 10; at++) first.recorder.route(`/${at}`).record('GET', 200, 1);
  first.recorder.flush();
  for (let at = 9; at >= 0; at--) second.recorder.route(`/${at}`).record('GET', 200, 1);
  second.recorder.unmatched().record('GET', 404, 1);
  second.recorder.flush();
  await scrape();
  const families = await scrape();
  assert.ok(sample(families, 'octopus_metric_series_overflowed_total', '')! > 0);
  const requests = families.get('octopus_requests_total')!.samples;
  for (const route of ['/0', '/1', '/2']) {
    assert.equal(requests.get(`octopus_requests_total{method="GET",route="${route}",status="200"}`), 2);
  }
  assert.equal(requests.get(`octopus_requests_total{method="GET",route="${OVERFLOW}",status="200"}`), 14);
  assert.equal(requests.get(`octopus_requests_total{method="GET",route="${UNMATCHED}",status="404"}`), 1);
  const latency = families.get('octopus_request_duration_seconds')!.samples;
  assert.equal(latency.get(`octopus_request_duration_seconds_count{method="GET",route="${OVERFLOW}"}`), 14);
});

test('a metric with too many label combinations is capped as a whole', async () => {
  const { start, scrape } = setup({ maxSeries: 5 });
  const { recorder } = start();
  for (let at = 0; at < 20; at++)
    recorder.counter('octopus_plugin_events_total', { plugin: 'p', event: `e${at}` }).add(1);
  recorder.flush();
  await scrape();
  const families = await scrape();
  assert.equal(families.get('octopus_plugin_events_total')!.samples.size, 6);
  assert.equal(
    sample(families, 'octopus_plugin_events_total', `event="${OVERFLOW}",plugin="${OVERFLOW}"`),
    15,
  );
  assert.equal(sample(families, 'octopus_metric_series_overflowed_total', ''), 15);
});

test('collected metrics are read anew at each scrape', async () => {
  const { store, scrape } = setup();
  const states = new Map([['users', 0]]);
  store.collect('octopus_circuit_breaker_state', () =>
    [...states].map(([upstream, value]) => ({ labels: { upstream }, value })),
  );
  assert.equal(sample(await scrape(), 'octopus_circuit_breaker_state', 'upstream="users"'), 0);
  states.delete('users');
  states.set('orders', 2);
  const families = await scrape();
  assert.equal(sample(families, 'octopus_circuit_breaker_state', 'upstream="users"'), undefined);
  assert.equal(sample(families, 'octopus_circuit_breaker_state', 'upstream="orders"'), 2);
});

test('a collected series that comes twice does not make the scrape invalid', async () => {
  const { store, scrape } = setup();
  const labels = { plugin: 'cors', version: '1' };
  store.collect('octopus_plugin_loaded', () => [
    { labels, value: 1 },
    { labels: { ...labels }, value: 1 },
    { labels: { ...labels, version: '2' }, value: 1 },
  ]);
  assert.equal((await scrape()).get('octopus_plugin_loaded')!.samples.size, 2);
});

test('the primary counts too, and its series are there from their first use', async () => {
  const { store, scrape } = setup();
  store.recorder.counter('octopus_config_reloads_total', { result: 'refused' }).add(1);
  assert.equal(sample(await scrape(), 'octopus_config_reloads_total', 'result="refused"'), 1);
});

test('both formats are valid, whatever stands in the labels, and a scrape of one does not spoil the other', async () => {
  const { store, start } = setup();
  const { recorder } = start();
  const routes = ['/a"b', '/back\\slash', '/line\nfeed', '/ünï/🐙', '/{id}/{rest*}', ''];
  for (const route of routes) recorder.route(route).record('GET', 200, 1);
  recorder.upstream('a"\\\n').response(503);
  recorder.error('no_route');
  recorder.flush();
  for (const format of ['prometheus', 'openmetrics', 'prometheus', 'openmetrics'] as const) {
    const { body, contentType } = await store.render(format);
    const families = checkExposition(body, format);
    assert.match(
      contentType,
      format === 'prometheus'
        ? /^text\/plain; version=0\.0\.4/
        : /^application\/openmetrics-text; version=1\.0\.0/,
    );
    const family = families.get(format === 'prometheus' ? 'octopus_requests_total' : 'octopus_requests');
    assert.equal(family?.samples.size, routes.length);
    assert.ok(
      body.includes('route="/a\\"b"') &&
        body.includes('route="/line\\nfeed"') &&
        body.includes('route="/back\\\\slash"'),
    );
    assert.ok(families.has('process_resident_memory_bytes') && families.has('nodejs_eventloop_lag_seconds'));
  }
});

test('every metric of the table can be rendered', async () => {
  const { store } = setup();
  for (const [name, entry] of Object.entries(METRICS)) {
    if (entry.type === 'histogram') continue;
    const labels = Object.fromEntries(entry.labels.map((label) => [label, 'x']));
    store.recorder.counter(name as 'octopus_errors_total', labels as { code: string }).add(1);
  }
  store.recorder.route('/r').record('GET', 200, 1);
  store.recorder.grpc.learn('/a.v1.A/Get')!.record(0, 'u', 1);
  for (const format of ['prometheus', 'openmetrics'] as const) {
    const families = checkExposition((await store.render(format)).body, format);
    for (const [name, entry] of Object.entries(METRICS)) {
      const family = families.get(
        format === 'openmetrics' && entry.type === 'counter' ? name.replace(/_total$/, '') : name,
      );
      assert.equal(family?.type, entry.type, name);
    }
  }
});

test('10,000 series are rendered in well under a second', async () => {
  const { store, start } = setup();
  for (const { recorder } of [start(), start()]) {
    for (let at = 0; at < 1_000; at++) {
      for (const status of [200, 201, 301, 404, 500])
        recorder.route(`/api/v1/resource${at}/{id}`).record('GET', status, at);
    }
    for (let at = 0; at < 1_000; at++)
      for (const status of [200, 404, 500, 502]) recorder.upstream(`u${at}`).response(status);
    recorder.flush();
  }
  await store.render('prometheus');
  const times = [];
  for (let round = 0; round < 5; round++) {
    const before = performance.now();
    await store.render('prometheus');
    times.push(performance.now() - before);
  }
  // A busy machine may slow one down, hence the fastest; measured 50 ms for these 14,000 series of 31,000 lines.
  assert.ok(Math.min(...times) < 500, `${times.map(Math.round)} ms`);
});

test('scrapes at the same time share one result', async () => {
  const { store } = setup();
  let reads = 0;
  store.collect('octopus_routes', () => {
    reads++;
    return [{ labels: {}, value: 1 }];
  });
  const results = await Promise.all([
    store.render('prometheus'),
    store.render('prometheus'),
    store.render('prometheus'),
  ]);
  assert.equal(reads, 1);
  assert.equal(results[0], results[2]);
  await store.render('prometheus');
  assert.equal(reads, 2);
});

test('the format follows Accept', () => {
  const scraper =
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';
  assert.equal(formatFor(scraper), 'openmetrics');
  assert.equal(formatFor('application/openmetrics-text'), 'openmetrics');
  assert.equal(formatFor('application/openmetrics-text;version=2.0.0'), 'prometheus');
  assert.equal(formatFor('text/plain, application/openmetrics-text;version=1.0.0;q=0.2'), 'prometheus');
  assert.equal(formatFor('application/openmetrics-text;version=1.0.0;q=0'), 'prometheus');
  assert.equal(formatFor('text/html,*/*;q=0.8'), 'prometheus');
  assert.equal(formatFor(undefined), 'prometheus');
});

test('threads that count while the primary reads: nothing is lost, no counter goes back, a killed thread keeps its share', async () => {
  const { store, scrape } = setup();
  const source = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.module).then(({ Recorder }) => {
      const recorder = new Recorder(workerData.region, (series) => parentPort.postMessage({ series }));
      const route = recorder.route('/shared');
      const upstream = recorder.upstream('u');
      let done = 0;
      const step = () => {
        for (let at = 0; at < 10000; at++, done++) { route.record('GET', 200, 2); upstream.response(200); }
        if (done < workerData.count) setImmediate(step);
        else parentPort.postMessage({ done });
      };
      step();
    });`;
  const start = (count: number) => {
    const region = createRegion();
    const life = store.attach(region);
    const module = new URL('./recorder.js', import.meta.url).href;
    const worker = new Worker(source, { eval: true, workerData: { module, region, count } });
    const counting = new Promise<void>((resolve) => worker.once('message', () => resolve()));
    const done = new Promise<void>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (message) => (message.series ? life.announce(message.series) : resolve()));
    });
    return { worker, life, counting, done };
  };
  const workers = [start(300_000), start(300_000), start(Number.MAX_SAFE_INTEGER)];
  const key = 'method="GET",route="/shared",status="200"';
  let finished = false;
  const all = Promise.all(workers.slice(0, 2).map((worker) => worker.done)).then(() => (finished = true));
  let last = 0;
  while (!finished) {
    const families = await scrape();
    const now = sample(families, 'octopus_requests_total', key) ?? 0;
    assert.ok(now >= last, `${now} after ${last}`);
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await all;
  const killed = workers[2]!;
  await killed.counting;
  await killed.worker.terminate();
  const before = sample(await scrape(), 'octopus_requests_total', key)!;
  killed.life.retire();
  const families = await scrape();
  const after = sample(families, 'octopus_requests_total', key)!;
  assert.equal(after, before);
  assert.ok(after > 600_000, 'the endless one counted as well');
  for (const { worker, life } of workers) {
    await worker.terminate();
    life.retire();
  }
  assert.equal(sample(await scrape(), 'octopus_requests_total', key), after);
});
