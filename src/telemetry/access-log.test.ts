import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccessEntry, AccessLog, formatAccessLine } from './access-log.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function entryOf(values: Partial<AccessEntry>): AccessEntry {
  return Object.assign(new AccessEntry(), { method: 'GET', path: '/', status: 200 }, values);
}

test('a full line has the documented fields in the documented order', () => {
  const line = formatAccessLine(
    entryOf({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      method: 'PUT',
      path: '/api/users/7',
      status: 502,
      durationMs: 12.3456,
      upstream: 'users',
      route: '/api/users/{id}',
      requestId: 'abc',
      clientIp: '2001:db8::1',
      bytesReceived: 10,
      bytesSent: 20,
      error: 'upstream_reset',
      errorDetail: 'the head was incomplete',
      retries: 2,
      endpoint: '10.0.0.1:80',
      host: 'api.example.com',
      grpcStatus: 14,
    }),
    NOW,
  );
  assert.ok(line.endsWith('}\n'));
  assert.deepEqual(Object.entries(JSON.parse(line)), [
    ['timestamp', '2026-01-02T03:04:05.006Z'],
    ['level', 'error'],
    ['message', 'request'],
    ['trace_id', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['method', 'PUT'],
    ['path', '/api/users/7'],
    ['status', 502],
    ['duration_ms', 12.346],
    ['upstream', 'users'],
    ['route', '/api/users/{id}'],
    ['request_id', 'abc'],
    ['client_ip', '2001:db8::1'],
    ['bytes_received', 10],
    ['bytes_sent', 20],
    ['error', 'upstream_reset'],
    ['error_detail', 'the head was incomplete'],
    ['retries', 2],
    ['endpoint', '10.0.0.1:80'],
    ['host', 'api.example.com'],
    ['grpc_status', 'UNAVAILABLE'],
  ]);
});

test('a call of gRPC that fails is an error, whatever its status of HTTP', () => {
  const levelOf = (grpcStatus: number) => JSON.parse(formatAccessLine(entryOf({ grpcStatus }), NOW)).level;
  const levels = Array.from({ length: 18 }, (_, index) => levelOf(index - 1));
  const errors = levels.flatMap((level, index) => (level === 'error' ? [index - 1] : []));
  assert.deepEqual(errors, [2, 4, 13, 14, 15]);
});

test('docs/logging.md explains every field', () => {
  const docs = readFileSync(new URL('../../../docs/logging.md', import.meta.url), 'utf8');
  const everything = Object.fromEntries(
    Object.entries(new AccessEntry()).map(([key, value]) => [key, value === '' ? 'x' : 1]),
  );
  const line = formatAccessLine(entryOf(everything), NOW);
  const table = docs.slice(docs.indexOf('| field | meaning |'));
  for (const name of Object.keys(JSON.parse(line))) {
    if (name !== 'timestamp') assert.ok(table.includes(`\`${name}\``), name);
  }
});

test('durations have at most three decimals', () => {
  const duration = (durationMs: number) =>
    /"duration_ms":([^,]+),/.exec(formatAccessLine(entryOf({ durationMs }), NOW))?.[1];
  assert.equal(duration(0), '0');
  assert.equal(duration(0.0004), '0');
  assert.equal(duration(0.0005), '0.001');
  assert.equal(duration(0.05), '0.05'.padEnd(5, '0'));
  assert.equal(duration(1.2), '1.200');
  assert.equal(duration(999.9996), '1000');
  assert.equal(duration(86_400_000.25), '86400000.25');
  assert.equal(duration(-1), '0');
  assert.equal(duration(Number.NaN), '0');
});

test('empty fields are left out', () => {
  assert.deepEqual(Object.keys(JSON.parse(formatAccessLine(entryOf({}), NOW))), [
    'timestamp',
    'level',
    'message',
    'method',
    'path',
    'status',
    'duration_ms',
    'bytes_received',
    'bytes_sent',
  ]);
});

test('what a client sends cannot forge fields or lines', () => {
  const evil = '/"},\n{"level":"error\u001b[2J\u0085\u202e';
  const line = formatAccessLine(
    entryOf({ path: evil, method: evil, requestId: evil, clientIp: evil, host: evil }),
    NOW,
  );
  assert.equal(line.indexOf('\n'), line.length - 1);
  assert.match(line, /^[ -~]+\n$/);
  const fields = JSON.parse(line);
  assert.equal(fields.level, 'info');
  for (const name of ['path', 'method', 'request_id', 'client_ip', 'host']) assert.equal(fields[name], evil);
});

test('a request that could not be read has neither method nor path', () => {
  const fields = JSON.parse(
    formatAccessLine(entryOf({ method: '', path: '', status: 400, error: 'bad_host' }), NOW),
  );
  assert.deepEqual(
    { ...fields, timestamp: '' },
    {
      timestamp: '',
      level: 'info',
      message: 'request',
      status: 400,
      duration_ms: 0,
      bytes_received: 0,
      bytes_sent: 0,
      error: 'bad_host',
    },
  );
});

test('reset brings back an entry that logs nothing of the request before', () => {
  const entry = entryOf({
    traceId: 'x',
    upstream: 'u',
    error: 'e',
    errorDetail: 'd',
    retries: 1,
    endpoint: 'p',
    host: 'h',
  });
  entry.reset();
  assert.deepEqual({ ...entry }, { ...new AccessEntry() });
});

test('lines wait for 100 ms at most, and are sent in one piece', async () => {
  const batches: string[] = [];
  const log = new AccessLog((lines) => batches.push(lines), { enabled: true, sample: 1 });
  log.write(entryOf({ path: '/1' }));
  log.write(entryOf({ path: '/2' }));
  assert.equal(batches.length, 0);
  await sleep(250);
  assert.equal(batches.length, 1);
  assert.equal(batches[0]!.split('\n').length, 3);
});

test('a batch is sent as soon as it has 64 KB', () => {
  const batches: string[] = [];
  const log = new AccessLog((lines) => batches.push(lines), { enabled: true, sample: 1 });
  for (let count = 0; count < 1000; count++) log.write(entryOf({ path: `/${'x'.repeat(100)}` }));
  assert.ok(batches.length >= 2);
  for (const batch of batches) {
    assert.ok(batch.endsWith('\n'));
    assert.ok(batch.length >= 64 * 1024 && batch.length < 66 * 1024);
  }
  log.flush();
  assert.equal(batches.join('').split('\n').length - 1, 1000);
  log.flush();
  assert.ok(
    batches.every((batch) => batch !== ''),
    'an empty batch is never sent',
  );
});

test('sampling is exact and evenly spread; failures are always there', () => {
  let lines = '';
  const log = new AccessLog((text) => (lines += text), { enabled: true, sample: 0.1 });
  for (let count = 0; count < 1000; count++) log.write(entryOf({ status: 200, path: `/${count}` }));
  for (let count = 0; count < 15; count++) log.write(entryOf({ status: 503 }));
  for (let count = 0; count < 15; count++) log.write(entryOf({ grpcStatus: 14 }));
  log.flush();
  const parsed = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const sampled = parsed.filter((fields) => fields.level === 'info');
  // 0.1 added up a thousand times is a little less than 100.
  assert.ok(sampled.length === 100 || sampled.length === 99, `${sampled.length} lines`);
  assert.equal(parsed.length - sampled.length, 30);
  const places = sampled.map((fields) => Number(fields.path.slice(1)));
  for (let at = 1; at < places.length; at++) assert.ok(Math.abs(places[at]! - places[at - 1]! - 10) <= 1);
});

test('settings take effect at once: none, errors only, all', () => {
  let lines = '';
  const log = new AccessLog((text) => (lines += text), { enabled: false, sample: 1 });
  log.write(entryOf({ status: 500 }));
  log.update({ enabled: true, sample: 0 });
  log.write(entryOf({ status: 499, path: '/no' }));
  log.write(entryOf({ status: 500, path: '/error' }));
  log.update({ enabled: true, sample: 1 });
  log.write(entryOf({ status: 200, path: '/all' }));
  log.flush();
  assert.deepEqual(
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).path),
    ['/error', '/all'],
  );
});
