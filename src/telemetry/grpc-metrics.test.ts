import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeriesAnnouncement } from '../shared/messages.ts';
import { METRICS, OVERFLOW, UNKNOWN_METHOD } from './metric-table.ts';
import { Recorder } from './recorder.ts';
import { createRegion } from './region.ts';

function setup() {
  const region = createRegion();
  const series: SeriesAnnouncement[] = [];
  const recorder = new Recorder(region, (announced) => series.push(...announced));
  const cells = new Float64Array(region);
  const find = (metric: string, labels: Record<string, string>) => {
    recorder.flush();
    return series.filter(
      (one) =>
        one.metric === metric && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    );
  };
  const value = (metric: string, labels: Record<string, string>, offset = 0) =>
    find(metric, labels).reduce((sum, one) => sum + cells[one.cell + offset]!, 0);
  return { grpc: recorder.grpc, find, value };
}

const REQUESTS = 'octopus_grpc_requests_total';
const SECONDS = 'octopus_grpc_request_duration_seconds';

test('a route that names the method makes it known, and no other does', () => {
  const { grpc } = setup();
  assert.equal(grpc.known('/a.v1.A/Get', '/a.v1.A/{method}'), null);
  assert.equal(grpc.known('/a.v1.A/Get', '/*'), null);
  assert.equal(grpc.known('/{service}/Get', '/{service}/Get'), null, 'a client can write the pattern too');
  const known = grpc.known('/a.v1.A/Get', '/a.v1.A/Get');
  assert.ok(known !== null);
  assert.equal(grpc.known('/a.v1.A/Get', '/*'), known, 'whatever route comes next');
  assert.ok(grpc.known('/prefix/a.v1.A/Put', '/prefix/a.v1.A/Put') !== null);
});

test('counts and durations, by status and upstream', () => {
  const { grpc, value } = setup();
  const method = grpc.known('/x/a.v1.A/Get', '/x/a.v1.A/Get')!;
  method.record(0, 'u', 0.4);
  method.record(0, 'u', 20_000);
  method.record(14, 'u', 1);
  method.record(14, '', 1);
  const labels = { service: 'a.v1.A', method: 'Get' };
  assert.equal(value(REQUESTS, { ...labels, grpc_status: 'OK', upstream: 'u' }), 2);
  assert.equal(value(REQUESTS, { ...labels, grpc_status: 'UNAVAILABLE', upstream: 'u' }), 1);
  assert.equal(value(REQUESTS, { ...labels, grpc_status: 'UNAVAILABLE', upstream: '' }), 1);
  const { buckets } = METRICS[SECONDS];
  const counts = [...buckets, Infinity].map((_, at) => value(SECONDS, labels, at));
  assert.deepEqual([counts[0], counts[1], counts[buckets.length - 1]], [1, 2, 1]);
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    4,
  );
  assert.ok(Math.abs(value(SECONDS, labels, buckets.length + 1) - 20.0024) < 1e-9);
});

test('answers make methods known, but not without end', () => {
  const { grpc, find } = setup();
  const first = grpc.learn('/a.v1.A/Get');
  assert.ok(first !== null);
  assert.equal(grpc.learn('/a.v1.A/Get'), first);
  for (let i = 0; i < 2_000; i++) grpc.learn(`/a.v1.A/M${i}`);
  assert.equal(grpc.learn('/a.v1.A/OneMore'), null);
  assert.equal(find(SECONDS, { service: 'a.v1.A' }).length, 1_000);
  assert.ok(grpc.known('/a.v1.A/Named', '/a.v1.A/Named') !== null, 'routes may go on');
  for (const path of ['/', '/a.v1.A', '/a/', '//x', '/a/b c', `/a/${'x'.repeat(300)}`])
    assert.equal(grpc.learn(path), null, path);
});

test('routes too end somewhere', () => {
  const { grpc, find } = setup();
  for (let i = 0; i < 5_100; i++) grpc.known(`/a.v1.A/M${i}`, `/a.v1.A/M${i}`)!.record(0, 'u', 1);
  assert.equal(find(SECONDS, {}).length, 5_001);
  assert.equal(find(SECONDS, { service: OVERFLOW, method: OVERFLOW }).length, 1);
});

test('unknown methods count together, by the service that the route names', () => {
  const { grpc, find } = setup();
  for (let i = 0; i < 100; i++) {
    grpc.unknown(`/a.v1.A/Invented${i}`, '/a.v1.A/{method}').record(12, 'u', 1);
    grpc.unknown(`/invented${i}/Method`, '/*').record(12, 'u', 1);
    grpc.unknown(`/invented${i}/Method`, '').record(12, '', 1);
    grpc.unknown(`/${i}`, '').record(12, '', 1);
  }
  const shown = new Set(find(REQUESTS, {}).map(({ labels }) => `${labels['service']} ${labels['method']}`));
  assert.deepEqual([...shown], [`a.v1.A ${UNKNOWN_METHOD}`, `${UNKNOWN_METHOD} ${UNKNOWN_METHOD}`]);
});
