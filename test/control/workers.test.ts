/** Worker threads that die. What the clients notice of it under load is tested in test/faults. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { atBest } from '../support/at-best.ts';
import { crowding } from '../support/crowding.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';

/** Ends its thread on demand: at a request, or, once told, whenever it is set up in worker 0. */
const MORTAL = `
import { existsSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
export const plugin = {
  name: 'mortal',
  version: '1.0.0',
  config: (z) => z.strictObject({ trap: z.string() }),
  setup({ trap }) {
    if (existsSync(trap) && workerData.workerIndex === 0) setTimeout(() => process.exit(3), 300);
    return {
      onRequest({ request }) {
        if (request.query === 'exit') process.exit(7);
        if (request.query === 'throw') setImmediate(() => { throw new Error('thrown on demand'); });
      },
    };
  },
};
`;

const HANGING = 40;

describe('a worker that dies', () => {
  let gateway: Gateway;
  let origin: HttpOrigin;
  before(async () => {
    origin = await startHttpOrigin((request, response) => {
      // Never answered: stays in flight until the connection is gone.
      if (request.url !== '/hang') response.end('ok');
    });
    gateway = await startGateway(
      {
        plugins: [{ name: 'mortal', path: './mortal.mjs', config: { trap: '/nonexistent' } }],
        upstreams: [{ name: 'one', endpoints: [`127.0.0.1:${origin.port}`] }],
        routes: [{ path: '/*', upstream: 'one', middleware: ['mortal'], timeout: '60s' }],
      },
      { files: { 'mortal.mjs': MORTAL }, workers: 2 },
    );
  });
  after(async () => {
    await gateway?.stop();
    await origin?.close();
  });

  const get = (target: string) =>
    fetch(`http://127.0.0.1:${gateway.port}${target}`, { headers: { connection: 'close' } });

  async function inFlight(): Promise<number> {
    const body = (await (await gateway.admin('/_/upstreams')).json()) as {
      upstreams: { endpoints: { in_flight: number }[] }[];
    };
    return body.upstreams[0]!.endpoints[0]!.in_flight;
  }

  for (const how of ['exit', 'throw']) {
    it(`is replaced within a second, counted and logged (${how})`, async () => {
      await atBest(1_000, async () => {
        const before = (await gateway.metrics()).sum('octopus_worker_restarts_total');
        const requests = (await gateway.metrics()).sum('octopus_requests_total');
        const logged = gateway.log.length;
        // Fails, unless an answer was faster than the throw.
        await get(`/?${how}`).catch(() => null);
        const lines = () =>
          gateway.log
            .slice(logged)
            .split('\n')
            .filter((line) => line.startsWith('{') && line.endsWith('}'))
            .map((line) => JSON.parse(line) as Record<string, unknown>);
        const find = (message: string) => lines().find((line) => line['message'] === message);
        await eventually(async () => find('worker replaced') !== undefined, 'the replacement');
        const died = find('worker died')!;
        const replaced = find('worker replaced')!;
        assert.equal(died['level'], 'error');
        if (how === 'exit') assert.equal(died['exit_code'], 7);
        else assert.match(String(died['error']), /thrown on demand/);
        const gap = Date.parse(String(replaced['timestamp'])) - Date.parse(String(died['timestamp']));
        const metrics = await gateway.metrics();
        assert.equal(metrics.sum('octopus_worker_restarts_total'), before + 1);
        assert.equal(metrics.sum('octopus_workers'), 2);
        assert.ok(metrics.sum('octopus_requests_total') >= requests, 'counters never go back');
        assert.equal(await (await get('/')).text(), 'ok');
        // One that dies again soon is let wait on purpose.
        return (gap - Number(died['restart_in_ms'])) / crowding();
      });
    });
  }

  it('leaves nothing in flight behind', async () => {
    // So many that both workers have some; those of the one that dies must not stay counted.
    const hanging = Array.from({ length: HANGING }, () => get('/hang').catch(() => null));
    await eventually(async () => (await inFlight()) === HANGING, 'all requests in flight');
    const restarts = (await gateway.metrics()).sum('octopus_worker_restarts_total');
    await get('/?exit').catch(() => null);
    await eventually(
      async () => (await gateway.metrics()).sum('octopus_worker_restarts_total') > restarts,
      'the restart',
    );
    const left = await inFlight();
    assert.ok(left < HANGING, `${left} of ${HANGING} still counted`);
    // The second worker dies as well: now nothing can be in flight.
    for (let tries = 0; tries < 40 && (await inFlight()) > 0; tries++) await get('/?exit').catch(() => null);
    await eventually(async () => (await inFlight()) === 0, 'nothing in flight');
    await Promise.all(hanging);
  });
});

describe('a worker that crashes in a loop', () => {
  it('is started ever more rarely while the others serve, and readiness stays', async (t) => {
    const gateway = await startGateway(
      { routes: [{ path: '/', respond: { body: 'ok' } }] },
      { files: { 'mortal.mjs': MORTAL, trap: '' }, workers: 2 },
    );
    t.after(() => gateway.stop());
    const config = {
      plugins: [{ name: 'mortal', path: './mortal.mjs', config: { trap: `${gateway.folder}/trap` } }],
      routes: [{ path: '/', middleware: ['mortal'], respond: { body: 'ok' } }],
    };
    // It dies right after the swap, not during it, so the generation is accepted.
    gateway.writeConfig(config);
    await gateway.admin('/_/reload', { method: 'POST' });
    const pauses = () =>
      gateway
        .logLines()
        .filter(({ message }) => message === 'worker died')
        .map((line) => Number(line['restart_in_ms']));
    await eventually(async () => pauses().length >= 4, 'four deaths');
    assert.deepEqual(pauses().slice(0, 4), [0, 250, 500, 1_000]);
    for (let request = 0; request < 50; request++) {
      // The one that crashes takes connections too while it lives.
      const response = await eventually(
        () => fetch(`http://127.0.0.1:${gateway.port}/`, { headers: { connection: 'close' } }),
        'an answer',
      );
      assert.equal(response.status, 200);
    }
    assert.equal((await gateway.admin('/_/ready')).status, 200);
    await eventually(async () => {
      const health = (await (await gateway.admin('/_/health')).json()) as { status: string };
      return health.status === 'degraded';
    }, 'the health to be told while it is away');
  });
});
