/** Worker threads whose event loop does not turn any more are ended and replaced; what is no hang is left alone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ENGINE, eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';

/** The shortest that is allowed. */
const TIMEOUT = 1_000;

/** Hangs as the query says. */
const TRAP = `
import { readFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

function spin() { for (;;); }
function backtrack() { return /^(a+)+$/.test('a'.repeat(64) + 'b'); }
async function starve() { for (;;) await null; }
function burn(milliseconds) { for (const end = performance.now() + milliseconds; performance.now() < end;); }
const near = (name) => new URL(name, import.meta.url);

export const plugin = {
  name: 'trap',
  version: '1.0.0',
  config: (z) => z.strictObject({ mark: z.string() }),
  setup({ mark }) {
    return {
      onResponse({ request }, response) {
        const [how] = request.query.split('&');
        response.headers.set('x-worker', String(workerData.workerIndex));
        response.headers.set('x-mark', mark);
        if (how === 'burn') burn(20);
        if (how === 'spin') spin();
        if (how === 'backtrack') backtrack();
        if (how === 'starve') starve();
        if (how === 'native') readFileSync(near('./pipe'));
      },
    };
  },
};
`;

let origin: HttpOrigin;
/** Targets that came to the origin. */
const arrived: string[] = [];
before(async () => {
  origin = await startHttpOrigin((request, response) => {
    arrived.push(request.url!);
    response.end('ok');
  });
});
after(() => origin?.close());

function configured(server: Record<string, unknown>, mark = 'old'): GatewayConfig {
  return {
    server,
    plugins: [{ name: 'trap', path: './trap.mjs', config: { mark } }],
    upstreams: [{ name: 'one', endpoints: [`127.0.0.1:${origin.port}`] }],
    routes: [{ path: '/*', upstream: 'one', middleware: ['trap'], timeout: '60s' }],
  };
}

const start = (config: GatewayConfig) => startGateway(config, { files: { 'trap.mjs': TRAP }, workers: 2 });

const get = (gateway: Gateway, target: string) =>
  fetch(`http://127.0.0.1:${gateway.port}${target}`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(20_000),
  });

/** Makes one worker hang. Resolves when it is about to, with the promise of the request's end. */
async function hang(gateway: Gateway, target: string): Promise<{ end: Promise<unknown> }> {
  const end = get(gateway, target).catch((error: unknown) => error);
  await eventually(async () => arrived.includes(target), 'the request');
  return { end };
}

async function inFlight(gateway: Gateway): Promise<number> {
  const body = (await (await gateway.admin('/_/upstreams')).json()) as {
    upstreams: { endpoints: { in_flight: number }[] }[];
  };
  return body.upstreams[0]!.endpoints[0]!.in_flight;
}

async function counted(gateway: Gateway, metric: string): Promise<number> {
  return (await gateway.metrics()).sum(metric);
}

/** Until both workers serve again. */
async function whole(gateway: Gateway, restarts: number): Promise<void> {
  await eventually(
    async () =>
      (await counted(gateway, 'octopus_worker_restarts_total')) >= restarts &&
      (await counted(gateway, 'octopus_workers')) === 2,
    'the replacement',
  );
}

const hangs = (gateway: Gateway) => counted(gateway, 'octopus_worker_hangs_total');

const SKIP = ENGINE === 'builtin' ? false : 'the second engine cannot be ended from outside';

describe('server.worker_hang_timeout', { skip: SKIP }, () => {
  const server = { worker_hang_timeout: `${TIMEOUT}ms` };
  let gateway: Gateway;
  before(async () => {
    gateway = await start(configured(server));
  });
  after(() => gateway?.stop());

  it('does not concern a worker that is busy', async () => {
    const until = performance.now() + TIMEOUT * 1.4;
    const client = async () => {
      while (performance.now() < until) assert.equal((await get(gateway, '/?burn')).status, 200);
    };
    await Promise.all(Array.from({ length: 8 }, client));
    assert.equal(await hangs(gateway), 0);
  });

  it('does not pass while the whole process is stopped', async () => {
    gateway.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, TIMEOUT * 1.5));
    gateway.child.kill('SIGCONT');
    const until = performance.now() + TIMEOUT * 0.4;
    while (performance.now() < until) assert.equal((await get(gateway, '/')).status, 200);
    assert.equal(await hangs(gateway), 0);
    assert.equal(await counted(gateway, 'octopus_worker_restarts_total'), 0);
  });

  it('a worker that hangs is replaced while the others serve, and the log says where it was', async () => {
    const { end } = await hang(gateway, '/?spin');
    assert.equal(await inFlight(gateway), 1);
    // New connections also go to the one that hangs; those that the other takes are answered.
    const others = await Promise.any(Array.from({ length: 16 }, () => get(gateway, '/')));
    assert.equal(others.status, 200);
    assert.equal(await hangs(gateway), 0);
    assert.ok((await end) instanceof Error, 'its connections are lost');
    await whole(gateway, 1);
    assert.equal(await hangs(gateway), 1);
    assert.equal(await counted(gateway, 'octopus_worker_restarts_total'), 1);
    assert.equal(await inFlight(gateway), 0);
    const line = await gateway.logLine(({ message }) => message === 'worker hangs', 'the hang');
    assert.equal(line['level'], 'error');
    assert.equal(line['silent_ms'], TIMEOUT);
    assert.ok(String(line['at']).includes(path.join(gateway.folder, 'trap.mjs')), `${line['at']}`);
    for (let request = 0; request < 8; request++) assert.equal((await get(gateway, '/')).status, 200);
  });

  it('a reload waits until a worker that hangs is gone, and comes into force', async () => {
    const { end } = await hang(gateway, '/?backtrack');
    await gateway.reload(configured(server, 'new'));
    await end;
    assert.equal(await hangs(gateway), 2);
    await whole(gateway, 2);
    const seen = new Set<string | null>();
    await eventually(async () => {
      const { headers } = await get(gateway, '/');
      assert.equal(headers.get('x-mark'), 'new');
      return seen.add(headers.get('x-worker')).size === 2;
    }, 'answers of both workers');
  });
});

describe('the end of the process', { concurrency: true, skip: SKIP }, () => {
  it('comes within shutdown_timeout of SIGTERM while a worker hangs, with exit code 0', async () => {
    const gateway = await start(configured({ worker_hang_timeout: 0, shutdown_timeout: '1s' }));
    const { end } = await hang(gateway, '/?starve');
    const startedAt = performance.now();
    gateway.child.kill('SIGTERM');
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
    const took = performance.now() - startedAt;
    assert.ok(took < 6_000, `it took ${took} ms`);
    assert.match(gateway.log, /did not finish in time were cut/);
    assert.doesNotMatch(gateway.log, /worker hangs|ends without waiting/, '0 means never');
    await end;
    await gateway.stop();
  });

  // A thread in a system call cannot be interrupted, and one of µWebSockets.js would take the process along.
  for (const [engine, how] of [
    ['builtin', 'native'],
    ['uws', 'spin'],
  ] as const) {
    it(`comes with exit code 1 when a worker hangs and cannot be ended (${engine})`, async (t) => {
      const server = { engine, worker_hang_timeout: '1s', shutdown_timeout: '1s' };
      const gateway = await start(configured(server)).catch((error: Error) => error);
      if (gateway instanceof Error) {
        assert.match(gateway.message, /server\.engine|uWebSockets/);
        t.skip('uWebSockets.js is not there for this Node.js');
        return;
      }
      execFileSync('mkfifo', [path.join(gateway.folder, 'pipe')]);
      const { end } = await hang(gateway, `/?${how}&${engine}`);
      assert.deepEqual(await gateway.exited, { code: 1, signal: null });
      await gateway.logLine(({ message }) => message === 'worker hangs', 'the hang');
      await end;
      await gateway.stop();
    });
  }
});
