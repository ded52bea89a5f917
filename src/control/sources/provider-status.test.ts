import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceInstance } from '../../discovery/provider.ts';
import { ProviderStatus } from './provider-status.ts';

function create() {
  const lines: string[] = [];
  const published: number[] = [];
  const write =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const status = new ProviderStatus('etcd', log, (instances) => published.push(instances.length));
  return { status, lines, published };
}

const INSTANCES = [{}, {}] as unknown as ServiceInstance[];

test('a backend that was never there is not up, and has no age', () => {
  const { status } = create();
  assert.deepEqual(
    [status.isKnown, status.report().state, status.report().staleSeconds],
    [false, 'starting', null],
  );
  status.failed('connection refused');
  assert.deepEqual(
    [status.isKnown, status.report().state, status.report().staleSeconds],
    [true, 'failing', null],
  );
});

test('its state is as old as its last answer, and not old while its watch stands', async () => {
  const { status, published } = create();
  status.publish(INSTANCES);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(status.report().staleSeconds, 0);
  status.failed('gone');
  await new Promise((resolve) => setTimeout(resolve, 50));
  status.failed('gone');
  const { state, staleSeconds, failures, instances } = status.report();
  assert.deepEqual([state, failures, instances], ['failing', 2, 2]);
  assert.ok(staleSeconds! >= 0.045 && staleSeconds! < 5, String(staleSeconds));
  status.publish([]);
  assert.deepEqual(
    [status.report().state, status.report().staleSeconds, status.report().error],
    ['ok', 0, ''],
  );
  assert.deepEqual(published, [2, 0]);
});

test('a failure is told once, its end too, and so is each entry that cannot be used', () => {
  const { status, lines } = create();
  status.publish(INSTANCES);
  for (let time = 0; time < 3; time++) status.failed('gone');
  status.publish(INSTANCES);
  for (let time = 0; time < 3; time++) status.refused('/services/x', 'not JSON');
  status.refused('/services/x', 'no address');
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['warn', 'info', 'warn', 'warn'],
  );
  assert.deepEqual(status.report().refused, [{ entry: '/services/x', reason: 'no address' }]);
  for (let entry = 0; entry < 200; entry++) status.refused(`/services/${entry}`, 'no');
  assert.equal(status.report().refused.length, 100);
});
