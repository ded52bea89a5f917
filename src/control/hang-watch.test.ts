import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Heartbeats } from '../shared/heartbeats.ts';
import { HangWatch } from './hang-watch.ts';

const TIMEOUT = 10_000;

class Harness {
  readonly heartbeats = new Heartbeats(new SharedArrayBuffer(Heartbeats.byteLength()));
  readonly serving = new Set([0, 1]);
  readonly hangs: [worker: number, silence: number][] = [];
  debugged = false;
  readonly watch = new HangWatch({
    workers: 2,
    heartbeats: this.heartbeats,
    isServing: (worker) => this.serving.has(worker),
    isDebugged: () => this.debugged,
    onHang: (worker, silence) => {
      this.serving.delete(worker);
      this.hangs.push([worker, silence]);
    },
  });
  readonly #mock: TestContext['mock'];

  constructor(t: TestContext) {
    this.#mock = t.mock;
    t.mock.timers.enable({ apis: ['setInterval'] });
    this.watch.configure(TIMEOUT);
    t.after(() => this.watch.stop());
  }

  /** Lets the primary tick for so long, while these workers turn their loops. */
  pass(milliseconds: number, beating: readonly number[]): void {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      for (const worker of beating) this.heartbeats.beat(worker);
      this.#mock.timers.tick(100);
    }
  }
}

test('a worker that stands still is reported once, within the timeout and a tenth of it', (t) => {
  const harness = new Harness(t);
  harness.pass(20_000, [0, 1]);
  assert.deepEqual(harness.hangs, []);
  harness.pass(TIMEOUT - 1_000, [0]);
  assert.deepEqual(harness.hangs, []);
  harness.pass(2_000, [0]);
  assert.deepEqual(harness.hangs, [[1, TIMEOUT]]);
  harness.pass(60_000, [0]);
  assert.equal(harness.hangs.length, 1);
});

test('one beat is enough to count anew', (t) => {
  const harness = new Harness(t);
  for (let turn = 0; turn < 5; turn++) {
    harness.heartbeats.beat(1);
    harness.pass(TIMEOUT - 1_000, [0]);
  }
  assert.deepEqual(harness.hangs, []);
});

test('a worker that does not serve yet is not watched, and then counted from its first beat', (t) => {
  const harness = new Harness(t);
  harness.serving.delete(1);
  harness.pass(60_000, [0]);
  harness.serving.add(1);
  harness.pass(TIMEOUT - 1_000, [0]);
  assert.deepEqual(harness.hangs, []);
});

test('nobody is watched while a debugger may hold a worker, or with a timeout of 0', (t) => {
  const harness = new Harness(t);
  harness.debugged = true;
  harness.pass(60_000, []);
  harness.debugged = false;
  harness.pass(TIMEOUT - 1_000, []);
  assert.deepEqual(harness.hangs, []);
  harness.watch.configure(0);
  harness.pass(60_000, []);
  assert.deepEqual(harness.hangs, []);
  harness.watch.configure(2_000);
  harness.pass(2_500, [0]);
  assert.deepEqual(harness.hangs, [[1, 2_000]]);
});
