/** `server.pin_cpus` and what the metrics tell about each worker. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { threadCores } from '../../native-bindings/cpu-affinity.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { message } from '../support/wire.ts';

const ROUTES = [{ path: '/', respond: { body: 'hello' } }];
const skip = process.platform !== 'linux' && 'Linux only';

/** The lists of cores that threads of the process are bound to, without those of threads that may use every core. */
function boundThreads(gateway: Gateway): string[] {
  const folder = `/proc/${gateway.pid}/task`;
  const lists = readdirSync(folder).map((thread) => {
    const status = readFileSync(`${folder}/${thread}/status`, 'latin1');
    return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)![1]!;
  });
  return lists.filter((list) => /^\d+$/.test(list)).sort();
}

it('--pin-cpus keeps each worker on a core of its own, also one that replaces a dead one', {
  skip,
}, async (t) => {
  const cores = threadCores().slice(0, 2).map(String);
  if (cores.length < 2) return t.skip('there is one core only');
  const gateway = await startGateway(
    {
      plugins: [{ name: 'fatal', path: './fatal.mjs' }],
      routes: [...ROUTES, { path: '/die', middleware: ['fatal'], respond: { body: 'x' } }],
    },
    {
      args: ['--pin-cpus'],
      files: {
        'fatal.mjs': `export const plugin = { name: 'fatal', version: '1.0.0',
          setup: () => ({ onRequest() { setImmediate(() => { throw new Error('fatal'); }); } }) };`,
      },
    },
  );
  t.after(() => gateway.stop());
  assert.deepEqual(boundThreads(gateway), cores);
  await fetch(`http://127.0.0.1:${gateway.port}/die`).catch(() => null);
  await gateway.logLine((line) => line['message'] === 'worker replaced', 'worker replaced');
  assert.deepEqual(boundThreads(gateway), cores);
});

it('without it workers run where the kernel likes; requests and connections are counted per worker', {
  skip,
}, async (t) => {
  const gateway = await startGateway({ routes: ROUTES });
  t.after(() => gateway.stop());
  if (threadCores().length > 1) assert.deepEqual(boundThreads(gateway), []);
  const clients = await Promise.all(Array.from({ length: 20 }, () => gateway.connect()));
  for (const client of clients) {
    assert.equal((await client.request(message('GET / HTTP/1.1', 'Host: a'))).status, 200);
  }
  const metrics = await eventually(async () => {
    const now = await gateway.metrics();
    return now.sum('octopus_worker_requests_total') >= clients.length ? now : null;
  }, 'all requests to be counted');
  assert.equal(metrics.sum('octopus_worker_requests_total'), metrics.sum('octopus_requests_total'));
  const both = ['0', '1'].map((worker) => metrics.sum('octopus_worker_connections', { worker }));
  assert.equal(both[0]! + both[1]!, clients.length);
  for (const client of clients) client.destroy();
});
