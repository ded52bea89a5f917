/** What open tunnels cost. 9,500 with OCTOPUS_SOAK=1 (two descriptors each, of 20,000), 2,000 otherwise; the figure in docs/websocket.md is from here. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, it } from 'node:test';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { accepted, clientFrame, handshake, KEY, serverFrame } from '../support/websocket-wire.ts';

const COUNT = process.env['OCTOPUS_SOAK'] ? 9_500 : 2_000;
/** Handshakes under way at a time: below every listen queue. */
const AT_ONCE = 100;
const KB = 1024;

let gateway: Gateway;
let origin: net.Server;
const clients: net.Socket[] = [];

before(async () => {
  // Agrees to every handshake, then sends back each read as a frame of its own.
  origin = net.createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(accepted(KEY), 'latin1');
      socket.on('data', (bytes: Buffer) => socket.write(serverFrame(bytes.toString('latin1', 6)), 'latin1'));
    });
  });
  origin.listen(0, '127.0.0.1', 4096);
  await once(origin, 'listening');
  const { port } = origin.address() as net.AddressInfo;
  gateway = await startGateway(
    {
      observability: { logging: { access_log: { enabled: false } } },
      upstreams: [{ name: 'origin', endpoints: [`127.0.0.1:${port}`] }],
      routes: [{ path: '/*', upstream: 'origin' }],
    },
    { workers: 2 },
  );
});

after(async () => {
  for (const client of clients) client.destroy();
  await gateway?.stop();
  origin?.close();
});

async function open(): Promise<net.Socket> {
  const client = net.connect({ port: gateway.port, host: '127.0.0.1', noDelay: true });
  client.write(handshake(), 'latin1');
  const [answer] = (await once(client, 'data')) as [Buffer];
  assert.match(answer.toString('latin1'), /^HTTP\/1\.1 101 /);
  return client;
}

async function fill(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += AT_ONCE) {
    clients.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, to - at) }, open))));
  }
}

async function echoOnAll(): Promise<void> {
  for (let at = 0; at < clients.length; at += AT_ONCE) {
    await Promise.all(
      clients.slice(at, at + AT_ONCE).map(async (client) => {
        client.write(clientFrame('x'.repeat(100)), 'latin1');
        const [answer] = (await once(client, 'data')) as [Buffer];
        assert.equal(answer.length, 102);
      }),
    );
  }
}

/** Once the garbage collector has been there: the lowest of some looks. */
async function settledRss(): Promise<number> {
  let lowest = gateway.rss();
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    lowest = Math.min(lowest, gateway.rss());
  }
  return lowest;
}

it(`${COUNT} open tunnels, all of them alive`, { timeout: 120_000 }, async (context) => {
  // The first ones bring code and pools along that all share.
  await fill(0, 200);
  await echoOnAll();
  const base = await settledRss();
  await fill(200, COUNT);
  await echoOnAll();
  const each = ((await settledRss()) - base) / (COUNT - 200) / KB;
  context.diagnostic(
    `${each.toFixed(1)} KB for each tunnel, ${(gateway.rss() / KB / KB).toFixed(0)} MB in all`,
  );
  assert.equal((await gateway.metrics()).sum('octopus_websocket_connections'), COUNT);
  assert.ok(each < 40, `${each.toFixed(1)} KB for each tunnel`);
  for (const client of clients) client.destroy();
  await eventually(
    async () => (await gateway.metrics()).sum('octopus_websocket_connections') === 0,
    'all tunnels to be gone',
    30_000,
  );
});
