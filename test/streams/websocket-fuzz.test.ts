/** Random handshakes, frames and ends from both sides, with a fixed seed: nothing breaks and nothing is left. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { Random } from '../support/random.ts';
import { ErraticHttp2Origin, erraticOrigin, overHttp1, overHttp2 } from '../support/websocket-fuzz.ts';
import { connect, WebSocketService } from '../support/websockets.ts';

const SEED = Number(process.env['OCTOPUS_SEED'] ?? 20_261_123);
const SOAK = process.env['OCTOPUS_SOAK'] !== undefined;
const DURATION_MS = SOAK ? 10_000 : 2_000;
/** Share of the connections that speak HTTP/1.1; the others are in the soak run only. */
const HTTP1 = SOAK ? 0.6 : 1;
/** So many handshakes have to go well, that of the honest client among them. */
const LEAST_TUNNELS = 10;
const PATIENCE = 60_000;
/** Connections at once. */
const WIDTH = 12;
const MARK = `export const plugin = { name: 'mark', version: '1.0.0',
  setup: () => ({ async onResponse(exchange, response) { await null; response.headers.set('x-mark', '1'); } }) };`;

const TARGETS = [
  '/h1',
  '/h1',
  '/h1/idle',
  '/h1/short',
  '/h1/off',
  '/h1/marked',
  '/h2',
  '/h2',
  '/h2/short',
  '/h2/marked',
  '/none',
];

const random = new Random(SEED);
const service = new WebSocketService();
const origin = erraticOrigin(random);
const http2Origin = new ErraticHttp2Origin(random);
let gateway: Gateway;
/** Made by attackers. */
let connections = 0;

before(async () => {
  await Promise.all([service.start(), origin.listen(), http2Origin.listen()]);
  const upstream = (name: string, address: string, more = {}): object => ({
    name,
    endpoints: [address],
    ...more,
  });
  gateway = await startGateway(
    {
      // Finds connections that were broken by nonsense and whose clients have vanished without being heard.
      server: { http2: { ping_interval: '2s' } },
      plugins: [{ name: 'mark', path: './mark.mjs' }],
      upstreams: [
        upstream('service', service.address),
        upstream('h1', origin.address, { timeouts: { first_byte: '150ms' } }),
        upstream('h2', http2Origin.address, { protocol: 'h2', timeouts: { first_byte: '150ms' } }),
      ],
      routing: { retries: { attempts: 1 } },
      routes: [
        { path: '/service', upstream: 'service' },
        { path: '/h1', upstream: 'h1' },
        { path: '/h1/idle', upstream: 'h1', websocket: { idle_timeout: '30ms' } },
        { path: '/h1/short', upstream: 'h1', websocket: { max_duration: '40ms' } },
        { path: '/h1/off', upstream: 'h1', websocket: false },
        { path: '/h1/marked', upstream: 'h1', middleware: ['mark'] },
        { path: '/h2', upstream: 'h2' },
        { path: '/h2/short', upstream: 'h2', websocket: { max_duration: '40ms' } },
        { path: '/h2/marked', upstream: 'h2', middleware: ['mark'] },
      ],
    },
    { files: { 'mark.mjs': MARK } },
  );
});

after(async () => {
  await gateway?.stop();
  await origin.close();
  await service.stop();
});

/** What the gateway has to say but for requests. */
const events = (): unknown[] =>
  gateway.logLines().filter(({ level, message }) => level === 'error' && message !== 'request');

async function attack(goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    await (random.chance(HTTP1) ? overHttp1 : overHttp2)(random, gateway.port, TARGETS);
    connections++;
  }
}

async function beside(goesOn: () => boolean): Promise<void> {
  const honest = await connect(gateway.port, '/service');
  for (let round = 1; goesOn(); round++) {
    honest.socket.send(`round ${round}`);
    await eventually(async () => honest.messages.length >= round || honest.closed !== null, 'an answer');
    assert.equal(honest.closed, null, JSON.stringify(events()));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  honest.socket.close();
  await honest.untilClosed();
}

describe(`random handshakes and frames, seed ${SEED}`, () => {
  it('other clients are served meanwhile', async () => {
    let isOver = false;
    const goesOn = (): boolean => !isOver;
    const work = Promise.all([beside(goesOn), ...Array.from({ length: WIDTH }, () => attack(goesOn))]);
    const opened = async (): Promise<number> =>
      (await gateway.metrics()).sum('octopus_requests_total', { status: '101' });
    // On a loaded machine most clients leave before they are answered: it takes longer then.
    const enough = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, DURATION_MS));
      await eventually(
        async () => connections > 50 && (await opened()) >= LEAST_TUNNELS,
        'connections and tunnels',
        PATIENCE,
      );
    };
    await Promise.all([work, enough().finally(() => (isOver = true))]);
  });

  it('no tunnel and no connection is left', async () => {
    http2Origin.close();
    const left = {
      octopus_websocket_connections: {},
      octopus_endpoint_in_flight: {},
      octopus_active_connections: {},
      octopus_upstream_connections: { upstream: 'h1' },
    };
    await eventually(
      async () => {
        const metrics = await gateway.metrics();
        return Object.entries(left).every(([name, labels]) => metrics.sum(name, labels) === 0);
      },
      'everything to be closed',
      30_000,
    );
  });

  it('no worker died and no error was logged', async () => {
    assert.deepEqual(events(), []);
    assert.equal((await gateway.metrics()).sum('octopus_worker_restarts_total'), 0);
    const isDefect = (line: Record<string, unknown>): boolean =>
      line['error'] === 'internal' || line['error'] === 'plugin_failed';
    assert.deepEqual(gateway.logLines().filter(isDefect).slice(0, 3), []);
  });
});
