/** WebSockets when something goes wrong: endpoints, clients and workers that die, slow readers, reloads, shutdown. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import { type OriginConnection, ScriptedOrigin } from '../support/origin.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';
import {
  accepted,
  clientFrame,
  handshake,
  KEY,
  serverFrame,
  TunnelOrigin,
} from '../support/websocket-wire.ts';
import { connect, type Peer, WebSocketService } from '../support/websockets.ts';

const MB = 1024 * 1024;
const RELOADS = process.env['OCTOPUS_SOAK'] ? 1_000 : 10;
const DIE = `export const plugin = { name: 'die', version: '1.0.0', setup: () => ({ onRequest: () => process.exit(7) }) };`;
const options = { files: { 'die.mjs': DIE } };

let service: WebSocketService;
let config: GatewayConfig;

before(async () => {
  service = await new WebSocketService().start();
  config = {
    plugins: [{ name: 'die', path: './die.mjs' }],
    upstreams: [{ name: 'service', endpoints: [service.address] }],
    routes: [
      { path: '/die', upstream: 'service', middleware: ['die'] },
      { path: '/*', upstream: 'service' },
    ],
  };
});

after(() => service?.stop());

async function echoes(peer: Peer, text: string): Promise<void> {
  const count = peer.messages.length + 1;
  peer.socket.send(text);
  assert.equal((await peer.message(count)).toString(), text);
}

const openOnes = async (gateway: Gateway): Promise<number> =>
  (await gateway.metrics()).sum('octopus_websocket_connections');
const inFlight = async (gateway: Gateway): Promise<number> =>
  (await gateway.metrics()).sum('octopus_endpoint_in_flight');

describe('an endpoint that is killed', () => {
  /** Agrees to every handshake and says nothing; prints its port. */
  const SERVICE = `
    const server = require('node:http').createServer();
    server.on('upgrade', (request, socket) => socket.write(${JSON.stringify(accepted(KEY))}));
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

  it('its clients see the end at once; new ones go to the other endpoint', async () => {
    const child = spawn(process.execPath, ['-e', SERVICE], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    const address = `127.0.0.1:${output.toString().trim()}`;
    const endpoints = { name: 'service', endpoints: [address, service.address], load_balance: 'round-robin' };
    const gateway = await startGateway({ ...config, upstreams: [endpoints] }, options);
    const raw: RawClient[] = [];
    for (let i = 0; i < 8; i++) {
      const client = await gateway.connect();
      assert.equal((await client.request(handshake())).status, 101);
      raw.push(client);
    }
    child.kill('SIGKILL');
    await eventually(async () => raw.filter(({ closedHow }) => closedHow !== null).length >= 4, 'the ends');
    for (let i = 0; i < 4; i++) {
      const client = await connect(gateway.port, '/');
      await echoes(client, `after ${i}`);
      client.socket.terminate();
    }
    for (const client of raw) client.destroy();
    await gateway.stop();
  });
});

describe('C17 slow readers', () => {
  const tunnels = new TunnelOrigin();
  let gateway: Gateway;
  before(async () => {
    await tunnels.origin.listen();
    gateway = await startGateway(
      {
        upstreams: [{ name: 'tunnels', endpoints: [tunnels.origin.address] }],
        routes: [{ path: '/*', upstream: 'tunnels' }],
      },
      { workers: 1 },
    );
  });
  after(async () => {
    await gateway?.stop();
    await tunnels.origin.close();
  });

  for (const direction of ['client', 'endpoint'] as const) {
    it(`${direction}: one that does not read costs no memory, and gets everything when it does`, async () => {
      const client = await gateway.connect();
      const { server } = await tunnels.open(client);
      const reader: RawClient | OriginConnection = direction === 'client' ? client : server;
      const writer: RawClient | OriginConnection = direction === 'client' ? server : client;
      reader.socket.pause();
      const settled = gateway.rss();
      const frame = Buffer.from(serverFrame('x'.repeat(60_000)), 'latin1');
      // As much as the kernel and the gateway take, and then no more.
      let sent = 0;
      for (let quiet = 0; quiet < 10; ) {
        if (writer.socket.writableNeedDrain) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          quiet++;
          continue;
        }
        quiet = 0;
        for (let i = 0; i < 20; i++) {
          writer.socket.write(frame);
          sent += frame.length;
        }
      }
      assert.ok(gateway.rss() - settled < 30 * MB, `grew by ${(gateway.rss() - settled) / MB} MB`);
      assert.ok(sent > MB);
      let received = 0;
      reader.socket.removeAllListeners('data');
      reader.socket.on('data', (piece: Buffer) => (received += piece.length));
      reader.socket.resume();
      const more = 100 * MB;
      for (const target = sent + more; sent < target; sent += frame.length) {
        if (!writer.socket.write(frame)) await once(writer.socket, 'drain');
      }
      await eventually(async () => received === sent, 'all of it');
      assert.ok(gateway.rss() - settled < 60 * MB, `grew by ${(gateway.rss() - settled) / MB} MB`);
      client.destroy();
      server.destroy();
    });
  }
});

describe('clients that leave at any moment', () => {
  it('of the handshake or soon after: nothing is left and no worker dies', async () => {
    const random = new Random(1);
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, random.next() * 8));
    const origin = new ScriptedOrigin(async (connection) => {
      await connection.head().catch(() => undefined);
      await wait();
      connection.write(accepted(KEY) + serverFrame('x'.repeat(random.below(60_000))));
      await wait();
      if (random.chance(0.3)) connection.reset();
      else connection.end();
    });
    await origin.listen();
    const gateway = await startGateway({
      upstreams: [{ name: 'origin', endpoints: [origin.address] }],
      routes: [{ path: '/*', upstream: 'origin', retries: 0 }],
    });
    const overH1 = async (): Promise<void> => {
      const client = await gateway.connect();
      client.write(handshake() + (random.chance(0.5) ? clientFrame('early') : ''));
      await wait();
      if (random.chance(0.5)) client.reset();
      else client.destroy();
    };
    const overH2 = async (): Promise<void> => {
      const client = await Http2Client.connect(`http://127.0.0.1:${gateway.port}`);
      for (let i = 0; i < 4; i++) {
        const stream = client.stream({
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':path': '/',
          ':scheme': 'http',
          ':authority': 'a',
          'sec-websocket-version': '13',
        });
        stream.resume();
        await wait();
        if (random.chance(0.5)) stream.close(constants.NGHTTP2_CANCEL);
        else stream.end();
      }
      await wait();
      client.session.destroy();
    };
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? overH1() : overH2())));
    }
    await eventually(async () => {
      const metrics = await gateway.metrics();
      return (
        metrics.sum('octopus_websocket_connections') === 0 &&
        metrics.sum('octopus_endpoint_in_flight') === 0 &&
        metrics.sum('octopus_active_connections') === 0 &&
        metrics.sum('octopus_upstream_connections') === 0
      );
    }, 'everything to be closed');
    assert.equal((await gateway.metrics()).sum('octopus_worker_restarts_total'), 0);
    assert.deepEqual(
      gateway.logLines().filter((line) => line['level'] === 'error' && line['message'] !== 'request'),
      [],
    );
    await gateway.stop();
    await origin.close();
  });
});

describe('a worker that dies', () => {
  it('takes its tunnels along and nothing else; counts are right afterwards', async () => {
    const gateway = await startGateway(config, options);
    const clients = await Promise.all(Array.from({ length: 40 }, () => connect(gateway.port, '/')));
    await eventually(async () => (await openOnes(gateway)) === 40, 'all of them to be counted');
    const dying = await RawClient.connect(gateway.port);
    dying.write('GET /die HTTP/1.1\r\nHost: a\r\n\r\n');
    await gateway.logLine((line) => line['message'] === 'worker replaced', 'worker replaced');
    await eventually(async () => clients.some(({ closed }) => closed !== null), 'its tunnels to end');
    await eventually(async () => {
      const alive = clients.filter(({ closed }) => closed === null).length;
      return (await openOnes(gateway)) === alive && (await inFlight(gateway)) === alive;
    }, 'counts that agree with the tunnels');
    const alive = clients.filter(({ closed }) => closed === null);
    assert.ok(alive.length > 0 && alive.length < 40, `${alive.length} of 40 live on`);
    for (const client of alive) await echoes(client, 'still here');
    const fresh = await connect(gateway.port, '/');
    await echoes(fresh, 'new');
    for (const client of [...alive, fresh]) client.socket.terminate();
    await eventually(async () => (await inFlight(gateway)) === 0, 'nothing in flight');
    await gateway.stop();
  });
});

describe('reload', () => {
  it(`${RELOADS} of them: tunnels live on, that of a changed and of a removed route too; memory does not grow`, async () => {
    // A large table, so that a generation that is kept by a tunnel shows.
    const generation = (index: number): GatewayConfig => ({
      upstreams: [{ name: 'service', endpoints: [service.address] }],
      routes: [
        ...(index === 0 ? [{ path: '/removed', upstream: 'service' }] : []),
        { path: '/changed', upstream: 'service', timeout: `${10 + index}s` },
        { path: '/same', upstream: 'service' },
        ...Array.from({ length: 100 }, (_, extra) => ({
          path: `/extra/${extra}/{id}`,
          upstream: 'service',
          timeout: `${1 + index}s`,
        })),
      ],
    });
    const gateway = await startGateway(generation(0));
    const first = await Promise.all(
      ['/removed', '/changed', '/same'].map((path) => connect(gateway.port, path)),
    );
    const clients = [...first];
    let settled = 0;
    for (let index = 1; index <= RELOADS; index++) {
      await gateway.reload(generation(index));
      clients.push(await connect(gateway.port, '/changed'));
      if (index === Math.floor(RELOADS / 4)) settled = gateway.rss();
      if (index % 5 === 0) for (const client of first) await echoes(client, `after ${index}`);
    }
    for (const client of clients) await echoes(client, 'at the end');
    const grown = (gateway.rss() - settled) / MB;
    assert.ok(grown < 40, `resident memory grew by ${grown.toFixed(1)} MB`);
    for (const client of clients) client.socket.close();
    await Promise.all(clients.map((client) => client.untilClosed()));
    await eventually(async () => (await openOnes(gateway)) === 0, 'all tunnels to be gone');
    await gateway.stop();
  });

  it('an upstream that goes away takes no tunnel along', async () => {
    const gateway = await startGateway(config, options);
    const client = await connect(gateway.port, '/');
    await gateway.reload({ upstreams: [], routes: [{ path: '/', respond: { body: 'x' } }] });
    await echoes(client, 'still here');
    client.socket.close(4000, 'bye');
    assert.deepEqual(await client.untilClosed(), { code: 4000, reason: 'bye' });
    await gateway.stop();
  });
});

describe('SIGTERM', () => {
  it('200 tunnels, busy and silent: 1001 at both ends, exit code 0, all in the access log', async () => {
    const gateway = await startGateway(config, options);
    const known = service.peers.length;
    const clients = await Promise.all(Array.from({ length: 200 }, () => connect(gateway.port, '/')));
    const timer = setInterval(() => {
      for (const { socket, closed } of clients.slice(0, 50))
        if (closed === null) socket.send('x'.repeat(2_000));
    }, 5);
    await clients[0]!.message(3);
    gateway.child.kill('SIGTERM');
    const codes = await Promise.all(clients.map((client) => client.untilClosed()));
    clearInterval(timer);
    assert.deepEqual([...new Set(codes.map(({ code }) => code))], [1001]);
    const peers = service.peers.slice(known);
    const ends = await Promise.all(peers.map((peer) => peer.untilClosed()));
    assert.deepEqual([...new Set(ends.map(({ code }) => code))], [1001]);
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
    assert.match(gateway.log, /all requests are finished/);
    const lines = gateway.logLines().filter((line) => line['status'] === 101);
    assert.equal(lines.length, 200);
    assert.deepEqual(lines.filter((line) => line['error'] !== undefined).slice(0, 3), []);
    await gateway.stop();
  });
});
