/**
 * The promises of a gateway in service, in full size and under wrk: 1,000 reloads, endpoints that die, a worker that
 * dies, SIGTERM. Only with OCTOPUS_SOAK=1; smaller ones of the same kind are in ../faults and always run.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Endpoint } from '../support/endpoint.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { findProgram, Running } from '../support/programs.ts';
import { once } from '../support/raw-client.ts';
import { message } from '../support/wire.ts';

const RELOADS = 1_000;
const DEATHS = 20;
const CONNECTIONS = 32;
const MB = 1024 * 1024;
const wrk = process.env['OCTOPUS_SOAK'] ? await findProgram('wrk') : { missing: 'only with OCTOPUS_SOAK=1' };

interface Result {
  requests: number;
  /** Failed to connect, then to read, to write, or in time. */
  connect: number;
  read: number;
  write: number;
  timeout: number;
  /** Any status but 2xx and 3xx. */
  status: number;
}

/** wrk for that many seconds. */
async function load(port: number, seconds: number): Promise<Result> {
  assert.ok('path' in wrk);
  const program = new Running(wrk.path, [
    ...['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout=20s'],
    `http://127.0.0.1:${port}/path`,
  ]);
  await program.exited;
  await program.stop();
  const { output } = program;
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0);
  assert.match(output, /requests in/, output);
  return {
    requests: number(/(\d+) requests in/),
    connect: number(/connect (\d+)/),
    read: number(/read (\d+)/),
    write: number(/write (\d+)/),
    timeout: number(/timeout (\d+)/),
    status: number(/Non-2xx or 3xx responses: (\d+)/),
  };
}

/** wrk without a break while `work` goes on, in slices; what failed in all of them. */
async function underWrk(port: number, work: () => Promise<void>): Promise<Result> {
  const sum: Result = { requests: 0, connect: 0, read: 0, write: 0, timeout: 0, status: 0 };
  let working = true;
  const done = work().finally(() => {
    working = false;
  });
  while (working) {
    const slice = await load(port, 5);
    for (const key of Object.keys(sum) as (keyof Result)[]) sum[key] += slice[key];
  }
  await done;
  return sum;
}

const failed = ({ requests: _, ...failures }: Result): Omit<Result, 'requests'> => failures;
const NONE = { connect: 0, read: 0, write: 0, timeout: 0, status: 0 };

/** The smallest of some samples: what is left after garbage collection. */
async function heap(gateway: Gateway): Promise<number> {
  const metrics = await gateway.metrics();
  return metrics.sum('octopus_worker_heap_used_bytes') + metrics.sum('nodejs_heap_size_used_bytes');
}

describe('under wrk', { skip: 'missing' in wrk ? wrk.missing : false }, () => {
  let one: Endpoint;
  let two: Endpoint;
  let gateway: Gateway;

  const config = (changes: GatewayConfig = {}): GatewayConfig => ({
    observability: { logging: { access_log: { enabled: false } } },
    routing: { retries: { attempts: 3, budget: '100%' } },
    upstreams: [{ name: 'both', endpoints: [one.address, two.address] }],
    routes: [{ path: '/*', upstream: 'both' }],
    ...changes,
  });

  before(async () => {
    one = await new Endpoint('one').start();
    two = await new Endpoint('two').start();
  });
  after(async () => {
    await gateway?.stop();
    await one?.close();
    await two?.close();
  });

  it(`${RELOADS} reloads, half of them broken: no request fails and the heap is flat`, async (t) => {
    gateway = await startGateway(config());
    const samples: number[] = [];
    const result = await underWrk(gateway.port, async () => {
      for (let index = 1; index <= RELOADS; index++) {
        const good = config({
          routes: [
            { path: '/*', upstream: 'both' },
            ...Array.from({ length: index % 20 }, (_, extra) => ({
              path: `/generation/${index}/${extra}`,
              upstream: 'both',
            })),
          ],
        });
        if (index % 2 === 0) {
          await gateway.reload(good);
        } else {
          gateway.writeConfigText(`${gateway.writeConfig(good)}\nno_such_key: ${index}\n`);
          const response = await gateway.admin('/_/reload', { method: 'POST' });
          await response.arrayBuffer();
          assert.equal(response.status, 422);
        }
        samples.push(await heap(gateway));
      }
    });
    assert.deepEqual(failed(result), NONE);
    const floor = (from: number, to: number): number =>
      Math.min(...samples.slice(RELOADS * from, RELOADS * to)) / MB;
    const early = floor(0.2, 0.4);
    const late = floor(0.8, 1);
    t.diagnostic(
      `${result.requests} requests; heap ${early.toFixed(1)} -> ${late.toFixed(1)} MB, resident ${(gateway.rss() / MB).toFixed(0)} MB`,
    );
    assert.ok(late - early < 5, `heap ${early} -> ${late} MB`);
  });

  it(`an endpoint killed and revived ${DEATHS} times: no GET fails`, async (t) => {
    await gateway?.stop();
    gateway = await startGateway(config());
    const result = await underWrk(gateway.port, async () => {
      for (let round = 0; round < DEATHS; round++) {
        const victim = round % 2 === 0 ? one : two;
        await victim.kill();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await victim.start();
        const { served } = victim;
        await eventually(async () => victim.served > served + 10, `${victim.name} to get requests again`);
      }
    });
    t.diagnostic(`${result.requests} requests`);
    assert.deepEqual(failed(result), NONE);
  });

  it('a worker that dies: its connections are the only loss', async (t) => {
    await gateway?.stop();
    const plugin = `export const plugin = { name: 'die', version: '1.0.0',
      config: { safeParse: (data) => ({ success: true, data }) },
      setup: () => ({ onRequest: () => process.exit(7) }) };`;
    gateway = await startGateway(
      config({
        plugins: [{ name: 'die', path: './die.mjs' }],
        routes: [
          { path: '/*', upstream: 'both' },
          { path: '/die', upstream: 'both', middleware: ['die'] },
        ],
      }),
      { files: { 'die.mjs': plugin } },
    );
    const deaths = 5;
    const result = await underWrk(gateway.port, async () => {
      for (let round = 1; round <= deaths; round++) {
        await assert.rejects(once(gateway.port, message('GET /die HTTP/1.1', 'Host: a')));
        await eventually(
          async () => (await gateway.metrics()).sum('octopus_worker_restarts_total') === round,
          'the replacement',
        );
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    });
    // wrk meets a connection that is gone while it reads or while it writes.
    const lost = result.read + result.write;
    t.diagnostic(`${result.requests} requests, ${lost} lost with ${deaths} workers`);
    assert.deepEqual({ ...failed(result), read: 0, write: 0 }, NONE);
    assert.ok(lost <= deaths * CONNECTIONS, `${lost} lost`);
    assert.deepEqual(failed(await load(gateway.port, 3)), NONE);
  });

  it('SIGTERM: no request fails', async (t) => {
    const running = load(gateway.port, 8);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    const result = await running;
    t.diagnostic(`${result.requests} requests`);
    // After the end wrk cannot connect any more, which it notices when it writes; what was sent before was answered.
    assert.deepEqual({ ...failed(result), connect: 0, write: 0 }, NONE);
  });
});
