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

const RELOADS = Number(process.env['OCTOPUS_SOAK_RELOADS'] ?? 1_000);
const DEATHS = 20;
const CONNECTIONS = 32;
const MB = 1024 * 1024;
const wrk = process.env['OCTOPUS_SOAK'] ? await findProgram('wrk') : { missing: 'only with OCTOPUS_SOAK=1' };

interface Health {
  readonly workers: { readonly wanted: number; readonly serving: number; readonly restarts: number };
}

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

/** Collects the garbage of the worker that answers, and says what is left. Needs `--expose-gc`. */
const COLLECT = `export const plugin = { name: 'collect', version: '1.0.0',
  config: { safeParse: (data) => ({ success: true, data }) },
  setup: () => ({ onRequest() {
    globalThis.gc();
    return { status: 200, body: String(process.memoryUsage().heapUsed) };
  } }) };`;

/** Bytes in use of the only worker after garbage collection. */
async function workerHeap(gateway: Gateway): Promise<number> {
  return Number((await once(gateway.port, message('GET /collect HTTP/1.1', 'Host: a'))).body);
}

async function primaryHeap(gateway: Gateway): Promise<number> {
  return (await gateway.metrics()).sum('nodejs_heap_size_used_bytes');
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
    const collecting = (routes: readonly unknown[] = []): GatewayConfig =>
      config({
        plugins: [{ name: 'collect', path: './collect.mjs' }],
        routes: [
          { path: '/*', upstream: 'both' },
          { path: '/collect', middleware: ['collect'], respond: {} },
          ...routes,
        ],
      });
    gateway = await startGateway(collecting(), {
      workers: 1,
      nodeArgs: ['--expose-gc'],
      files: { 'collect.mjs': COLLECT },
    });
    const worker: number[] = [];
    const primary: number[] = [];
    const result = await underWrk(gateway.port, async () => {
      for (let index = 1; index <= RELOADS; index++) {
        const good = collecting(
          Array.from({ length: index % 20 }, (_, extra) => ({
            path: `/generation/${index}/${extra}`,
            upstream: 'both',
          })),
        );
        if (index % 2 === 0) {
          await gateway.reload(good);
        } else {
          gateway.writeConfigText(`${gateway.writeConfig(good)}\nno_such_key: ${index}\n`);
          const response = await gateway.admin('/_/reload', { method: 'POST' });
          await response.arrayBuffer();
          assert.equal(response.status, 422);
        }
        primary.push(await primaryHeap(gateway));
        if (index % 20 === 0) worker.push(await workerHeap(gateway));
      }
    });
    assert.deepEqual(failed(result), NONE);
    // The primary's garbage is collected when it likes: the smallest of many samples has least of it.
    const floor = (samples: readonly number[], from: number, to: number): number =>
      Math.min(...samples.slice(samples.length * from, samples.length * to)) / MB;
    const grown = (samples: readonly number[]): number => floor(samples, 0.7, 1) - floor(samples, 0.2, 0.5);
    t.diagnostic(
      `${result.requests} requests; worker's heap ${floor(worker, 0.2, 0.5).toFixed(1)} MB and ${grown(worker).toFixed(2)} more, ` +
        `primary's ${floor(primary, 0.2, 0.5).toFixed(1)} MB and ${grown(primary).toFixed(2)} more, resident ${(gateway.rss() / MB).toFixed(0)} MB`,
    );
    assert.ok(grown(worker) < 1, `heap of the worker: ${worker}`);
    assert.ok(grown(primary) < 3, `heap of the primary: ${primary}`);
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
        // Deaths in quick succession make replacements wait: kill none while another is gone.
        await eventually(async () => {
          const health = (await (await gateway.admin('/_/health')).json()) as Health;
          return health.workers.restarts === round && health.workers.serving === health.workers.wanted;
        }, 'the replacement');
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
