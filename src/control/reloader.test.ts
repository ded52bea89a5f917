import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reloader, type ReloadResult, type ReloadTrigger } from './reloader.ts';

const applied = (version: number): ReloadResult => ({
  outcome: 'applied',
  version,
  problems: [],
  warnings: [],
});
const refused = (problem: string, transient = false): ReloadResult => ({
  outcome: 'refused',
  version: 1,
  problems: [problem],
  warnings: [],
  transient,
});

function reloaderOf(results: readonly ReloadResult[]) {
  const reports: { outcome: string; triggers: readonly ReloadTrigger[] }[] = [];
  let running = 0;
  let attempts = 0;
  const reloader = new Reloader({
    settle: 20,
    report: ({ outcome }, triggers) => reports.push({ outcome, triggers }),
    attempt: async () => {
      assert.equal(++running, 1, 'one at a time');
      const result = results[attempts++]!;
      await new Promise((resolve) => setTimeout(resolve, 10));
      running--;
      return result;
    },
  });
  return { reloader, reports, attempts: () => attempts };
}

test('an attempt knows who asked for it', async () => {
  const seen: string[] = [];
  const reloader = new Reloader({
    report: () => undefined,
    attempt: async (triggers) => {
      seen.push(triggers.join());
      return applied(1);
    },
  });
  await Promise.all([reloader.reload('discovery'), reloader.reload('discovery')]);
  await Promise.all([reloader.reload('discovery'), reloader.reload('file')]);
  assert.deepEqual(seen, ['discovery', 'discovery,file']);
});

test('requests during a run share one later run', async () => {
  const { reloader, reports, attempts } = reloaderOf([applied(2), applied(3)]);
  const first = [reloader.reload('admin'), reloader.reload('signal')];
  await new Promise((resolve) => setTimeout(resolve, 2));
  const later = [reloader.reload('file'), reloader.reload('admin'), reloader.reload('file')];
  assert.deepEqual(
    (await Promise.all(first)).map(({ version }) => version),
    [2, 2],
  );
  assert.deepEqual(
    (await Promise.all(later)).map(({ version }) => version),
    [3, 3, 3],
  );
  assert.equal(attempts(), 2);
  assert.deepEqual(reports, [
    { outcome: 'applied', triggers: ['admin', 'signal'] },
    { outcome: 'applied', triggers: ['file', 'admin'] },
  ]);
});

test('a broken file is looked at once more before it is reported', async () => {
  const healed = reloaderOf([refused('octopus.yaml:3:1: unexpected end'), applied(2)]);
  assert.equal((await healed.reloader.reload('file')).outcome, 'applied');
  assert.deepEqual(healed.reports, [{ outcome: 'applied', triggers: ['file'] }]);

  const broken = reloaderOf([refused('x'), refused('y')]);
  assert.deepEqual((await broken.reloader.reload('file')).problems, ['y']);
  assert.equal(broken.reports.length, 1);
});

test('a person who asks gets the first answer, unless a worker died just then', async () => {
  const asked = reloaderOf([refused('x')]);
  assert.equal((await asked.reloader.reload('admin')).outcome, 'refused');
  const unlucky = reloaderOf([refused('a worker died', true), applied(2)]);
  assert.equal((await unlucky.reloader.reload('admin')).outcome, 'applied');
});

test('close lets the current run finish and starts no other', async () => {
  const { reloader, attempts } = reloaderOf([applied(2), applied(3)]);
  const current = reloader.reload('file');
  await new Promise((resolve) => setTimeout(resolve, 2));
  const late = reloader.reload('file');
  await reloader.close();
  assert.equal((await current).version, 2);
  assert.deepEqual((await late).problems, ['the gateway is shutting down']);
  assert.equal(attempts(), 1);
});
