import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiscoveryPace } from './discovery-pace.ts';

test('nothing is applied before the start, then what was wanted, once', async () => {
  let runs = 0;
  const pace = new DiscoveryPace(async () => runs++);
  pace.changed();
  pace.changed();
  await sleep(30);
  assert.equal(runs, 0);
  pace.start();
  await until(() => runs === 1);
  await sleep(60);
  assert.equal(runs, 1);
  pace.stop();
});

test('a single change is applied at once; while many come most of the time is free, and the last one counts', async () => {
  let wanted = 0;
  let applied = 0;
  let busy = 0;
  let runs = 0;
  const pace = new DiscoveryPace(async () => {
    const startedAt = performance.now();
    const seen = wanted;
    await sleep(30);
    busy += performance.now() - startedAt;
    applied = seen;
    runs++;
  });
  pace.start();
  const startedAt = performance.now();
  for (wanted = 1; wanted <= 100; wanted++) {
    pace.changed();
    await sleep(5);
  }
  wanted = 100;
  const took = performance.now() - startedAt;
  assert.ok(busy <= took * 0.5 + 30, `${busy} of ${took} ms`);
  assert.ok(runs >= 2 && runs < 50, `${runs} runs`);
  pace.changed();
  await until(() => applied === 100);
  pace.stop();
});

test('after the stop nothing is applied', async () => {
  let runs = 0;
  const pace = new DiscoveryPace(async () => runs++);
  pace.start();
  pace.changed();
  pace.stop();
  pace.changed();
  await sleep(40);
  assert.equal(runs, 0);
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'it did not come');
    await sleep(5);
  }
}
