import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { busyTicks } from './foreign-load.ts';
import { parseH2load } from './h2load.ts';
import { cpuBetween, parseStat, residentBytes, usageOf } from './usage.ts';
import { parseWrkOutput } from './wrk.ts';

test('a process name with spaces and brackets does not shift the fields of /proc/PID/stat', () => {
  const stat = '7 (a) b (c)) S 1 7 7 0 -1 4194560 1 2 3 4 500 60 7 8 20 0 1 0 100 1000 10';
  assert.deepEqual(parseStat(stat), { user: 507, system: 68 });
});

test('busy ticks leave out idle and waiting for disks', () => {
  assert.equal(busyTicks('cpu  1 2 4 1000 2000 8 16 32 64 128\ncpu0 9 9 9 9 9 9 9 9 9 9\n'), 63);
});

test('the split of CPU time is scaled to the exact sum, and ticks are used when a thread has ended', () => {
  const reading = (user: number, system: number, threads: [string, number][]) => ({
    userTicks: user,
    systemTicks: system,
    threads: new Map(threads),
  });
  const before = reading(10, 10, [['1', 1e9]]);
  assert.deepEqual(
    cpuBetween(
      before,
      reading(13, 11, [
        ['1', 1.03e9],
        ['2', 5e6],
      ]),
    ),
    { userMs: 26.25, systemMs: 8.75 },
  );
  assert.deepEqual(cpuBetween(before, reading(13, 11, [['2', 5e6]])), { userMs: 30, systemMs: 10 });
});

test('CPU time and memory of a process with its child are read from /proc', {
  skip: process.platform !== 'linux',
}, async () => {
  // The shell waits for the Node that it started: all the work is in the child's child, which ends by itself.
  const busy = 'for (const end = Date.now() + 2000; Date.now() < end; );';
  const child = spawn('sh', ['-c', `'${process.execPath}' -e '${busy}'; :`]);
  const ended = once(child, 'exit');
  const before = usageOf(child.pid!);
  await sleep(1_000);
  const { userMs, systemMs } = cpuBetween(before, usageOf(child.pid!));
  assert.ok(userMs + systemMs > 20, `only ${userMs + systemMs} ms`);
  assert.ok(residentBytes(child.pid!) > 10e6, 'a Node process holds more than 10 MB');
  await ended;
});

test('the line of report.lua becomes milliseconds and one count of errors', () => {
  const line =
    '@result {"requests":1000,"durationMicros":2000000,"bytes":1,"connect":1,"read":2,"write":3,"status":4,"timeout":5,"p50":1500,"p99":2500,"p999":3500,"max":9}';
  assert.deepEqual(parseWrkOutput(`Running 2s test\n${line}\n`), {
    requests: 1000,
    seconds: 2,
    errors: 15,
    p50: 1.5,
    p99: 2.5,
    p999: 3.5,
  });
  assert.throws(() => parseWrkOutput('unable to connect'), /no result/);
});

test('the log of h2load becomes percentiles and a count of errors, what it prints the time', () => {
  const output = 'status codes: 98 2xx\n\nfinished in 2.50s, 40.00 req/s, 1.00KB/s\n';
  const micros = Array.from({ length: 98 }, (_, index) => `1795445062291242\t200\t${(index + 1) * 1_000}`);
  // Out of order, as several threads write them; one refused, one that never got an answer.
  const log = [...micros.toReversed(), '1795445062291242\t503\t99000', '1795445062291242\t-1\t100000', ''];
  assert.deepEqual(parseH2load(output, log.join('\n')), {
    requests: 100,
    seconds: 2.5,
    errors: 2,
    p50: 51,
    p99: 100,
    p999: 100,
  });
  assert.throws(() => parseH2load('Could not resolve host', ''), /no result/);
});
