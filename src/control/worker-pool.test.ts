import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SharedMemory } from '../shared/memory.ts';
import type { FromWorker, Generation } from '../shared/messages.ts';
import type { ControlLog } from './log.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { WorkerPool } from './worker-pool.ts';

const entry = new URL('../../test/support/pool-worker.js', import.meta.url);

function generation(version: number, behaviour = 'ok'): Generation {
  return {
    version,
    snapshot: new SharedArrayBuffer(4),
    addresses: {},
    ticketKeys: new Uint8Array(48),
    credentials: {},
    transports: [],
    settings: { viaName: behaviour } as Generation['settings'],
  };
}

class Harness {
  readonly deaths: number[] = [];
  readonly restarts: number[] = [];
  readonly messages: { worker: number; message: FromWorker; at: number }[] = [];
  readonly logs: string[] = [];
  readonly pool: WorkerPool;

  constructor(count: number, prepare = 5_000) {
    const record = (message: string) => void this.logs.push(message);
    const log: ControlLog = { debug: record, info: record, warn: record, error: record };
    this.pool = new WorkerPool({
      entry,
      count,
      engine: 'builtin',
      host: '127.0.0.1',
      port: 0,
      tlsPort: 0,
      memory: { metrics: [] } as unknown as SharedMemory,
      log,
      timeouts: { start: 5_000, prepare, commit: 300 },
      onMessage: (worker, message) => this.messages.push({ worker, message, at: performance.now() }),
      onDeath: (worker) => this.deaths.push(worker),
      onRestart: (worker) => this.restarts.push(worker),
      onStuck: (worker) => assert.fail(`worker ${worker} is stuck`),
    });
  }

  /** Versions that the worker said it serves, in order. */
  acks(worker: number): number[] {
    return this.messages.flatMap((entry) =>
      entry.worker === worker && entry.message.type === 'ack' ? [entry.message.version] : [],
    );
  }

  /** How many workers have begun to load that version. */
  preparing(version: number): number {
    return this.messages.filter(({ message }) => message.type === 'preparing' && message.version === version)
      .length;
  }

  logged(text: string): number {
    return this.messages.filter(({ message }) => message.type === 'log' && message.message === text).length;
  }

  async until(what: () => boolean): Promise<void> {
    const deadline = performance.now() + 5_000;
    while (!what()) {
      assert.ok(performance.now() < deadline, `waited too long for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

test('starts all workers and moves them to a new generation together', async (t) => {
  const harness = new Harness(3);
  t.after(() => harness.pool.stop());
  assert.equal(await harness.pool.start(generation(1)), '');
  assert.equal(harness.pool.ready, 3);
  assert.deepEqual(await harness.pool.apply(generation(2)), { ok: true });
  for (const worker of [0, 1, 2]) assert.deepEqual(harness.acks(worker), [1, 2]);
});

test('one refusal leaves every worker on the old generation', async (t) => {
  const harness = new Harness(3);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  const outcome = await harness.pool.apply(generation(2, 'refuse'));
  assert.deepEqual(outcome, { ok: false, reason: 'plugin "x" threw at setup', retry: false });
  await harness.until(() => harness.logged('aborted') === 3);
  for (const worker of [0, 1, 2]) assert.deepEqual(harness.acks(worker), [1]);
  assert.deepEqual(await harness.pool.apply(generation(3)), { ok: true });
});

test('a worker that dies while it prepares refuses the generation and is replaced on the old one', async (t) => {
  const harness = new Harness(2);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  const outcome = await harness.pool.apply(generation(2, 'crash-at-prepare'));
  assert.deepEqual(outcome, {
    ok: false,
    reason: 'worker 1 died while it loaded the configuration',
    retry: true,
  });
  await harness.until(() => harness.acks(1).length === 2);
  assert.deepEqual(harness.acks(1), [1, 1]);
  assert.deepEqual(harness.acks(0), [1]);
});

test('a worker that hangs at the swap is replaced by one with the new generation', async (t) => {
  const harness = new Harness(2);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  assert.deepEqual(await harness.pool.apply(generation(2, 'hang-at-commit')), { ok: true });
  await harness.until(() => harness.acks(1).length === 2);
  assert.deepEqual(harness.acks(1), [1, 2]);
  assert.deepEqual(harness.restarts, [1]);
});

test('a worker that hangs is replaced; a reload meanwhile says so and succeeds when asked again', async (t) => {
  const harness = new Harness(2);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  harness.pool.setAddresses({ hang: ['0'] });
  const applied = harness.pool.apply(generation(2));
  await harness.until(() => harness.logged('addresses') === 1);
  assert.equal(harness.pool.isServing(0), true);
  harness.pool.replaceHung(0, 1_000);
  assert.equal(harness.pool.isServing(0), false);
  assert.deepEqual(await applied, {
    ok: false,
    reason: 'worker 0 hung while it loaded the configuration',
    retry: true,
  });
  assert.deepEqual(await harness.pool.apply(generation(3)), { ok: true });
  await harness.until(() => harness.acks(0).at(-1) === 3 && harness.acks(1).at(-1) === 3);
  assert.deepEqual(harness.deaths, [0]);
  assert.deepEqual(harness.restarts, [0]);
  assert.ok(harness.logs.includes('worker hangs'));
});

test('a worker that hangs and is not given up refuses a reload in time', async (t) => {
  const harness = new Harness(2, 200);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  harness.pool.setAddresses({ hang: ['0'] });
  const reason = 'worker 0 did not answer within 200 ms';
  assert.deepEqual(await harness.pool.apply(generation(2)), { ok: false, reason, retry: false });
  assert.deepEqual(harness.acks(1), [1]);
});

test('a generation that makes all workers hang is refused for good, and the one before it is served again', async (t) => {
  const harness = new Harness(2);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  for (const version of [2, 3]) {
    const applied = harness.pool.apply(generation(version, 'hang-at-prepare'));
    await harness.until(() => harness.preparing(version) === 2);
    for (const worker of [0, 1]) harness.pool.replaceHung(worker, 1_000);
    const reason = 'worker 0 hung while it loaded the configuration';
    assert.deepEqual(await applied, { ok: false, reason, retry: false });
  }
  await harness.until(() => harness.pool.ready === 2);
  assert.equal(harness.acks(0).at(-1), 1);
  assert.deepEqual(await harness.pool.apply(generation(4)), { ok: true });
});

test('a generation with which no worker starts again can be replaced', async (t) => {
  const harness = new Harness(2);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  assert.deepEqual(await harness.pool.apply(generation(2, 'exit-at-start')), { ok: true });
  harness.pool.setAddresses({ exit: ['0', '1'] });
  // By then the pause before the next attempt is longer than the patience of this test.
  await harness.until(() => harness.deaths.length >= 6);
  assert.deepEqual(await harness.pool.apply(generation(3)), { ok: true });
  assert.equal(harness.pool.ready, 2);
  for (const worker of [0, 1]) assert.equal(harness.acks(worker).at(-1), 3);
});

test('a worker that starts while the others load the next generation gets it as well', async (t) => {
  const harness = new Harness(2);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  // Dies twice, so that there is a pause before it is there again.
  for (const deaths of [1, 2]) {
    await harness.until(() => harness.pool.ready === 2);
    harness.pool.setAddresses({ exit: ['0'] });
    await harness.until(() => harness.deaths.length === deaths);
  }
  assert.deepEqual(await harness.pool.apply(generation(2, 'slow-at-prepare')), { ok: true });
  await harness.until(() => harness.pool.ready === 2);
  await harness.until(() => harness.acks(0).at(-1) === 2);
  assert.equal(harness.acks(1).at(-1), 2);
});

test('a dead worker is replaced within a second, with the generation in force', async (t) => {
  const harness = new Harness(2);
  t.after(() => harness.pool.stop());
  await harness.pool.start(generation(1));
  await harness.pool.apply(generation(2));
  for (const order of ['exit', 'throw']) {
    const before = harness.acks(0).length;
    const killedAt = performance.now();
    harness.pool.setAddresses({ [order]: ['0'] });
    await harness.until(() => harness.acks(0).length > before);
    assert.ok(performance.now() - killedAt < 1_000);
    await harness.until(() => harness.pool.ready === 2);
  }
  assert.deepEqual(harness.acks(0), [1, 2, 2, 2]);
  assert.deepEqual(harness.acks(1), [1, 2]);
  assert.deepEqual(harness.deaths, [0, 0]);
  assert.deepEqual(harness.restarts, [0, 0]);
  assert.equal(harness.logs.filter((line) => line === 'worker died').length, 2);
});

test('a generation is refused at the start: nothing is left running', async () => {
  const harness = new Harness(2);
  assert.equal(await harness.pool.start(generation(1, 'refuse-at-start')), 'cannot load plugin "x"');
  await harness.until(() => harness.deaths.length === 2);
  assert.deepEqual(harness.restarts, []);
});

test('a worker that cannot listen fails the start with its reason', async () => {
  const harness = new Harness(2);
  assert.equal(await harness.pool.start(generation(1, 'throw-at-start')), 'cannot listen');
  await harness.until(() => harness.pool.ready === 0);
});

test('drain is answered by all, or cut at the deadline', async () => {
  const polite = new Harness(2);
  await polite.pool.start(generation(1));
  assert.equal(await polite.pool.drain(5_000), true);
  await polite.until(() => polite.deaths.length === 2);
  assert.deepEqual(polite.restarts, []);
  const order = polite.messages
    .map(({ message }) => message.type)
    .filter((type) => type === 'stopped-listening' || type === 'drained');
  assert.deepEqual(order, ['stopped-listening', 'stopped-listening', 'drained', 'drained']);

  const stuck = new Harness(2);
  await stuck.pool.start(generation(1, 'never-drain'));
  const startedAt = performance.now();
  assert.equal(await stuck.pool.drain(100), false);
  assert.ok(performance.now() - startedAt < 3_000);
  await stuck.until(() => stuck.deaths.length === 2);
});

test('deaths in a row double the pause up to 30 s, a long life resets it', () => {
  const backoff = new RestartBackoff();
  const pauses = Array.from({ length: 10 }, () => backoff.next(100));
  assert.deepEqual(pauses, [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  assert.equal(backoff.next(60_000), 0);
  assert.equal(backoff.next(100), 250);
});
