/** WebSockets through a gateway, with the `ws` package at both ends. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { reservePort } from '../support/ports.ts';
import { connect, type Peer, Refused, statusOf, WebSocketService } from '../support/websockets.ts';

/** Writes down when a tunnel of it ends, and marks or refuses the 101. */
const WITNESS = `
import { appendFileSync } from 'node:fs';
export const plugin = {
  name: 'witness', version: '1.0.0',
  config: (z) => z.strictObject({ file: z.string() }),
  setup: ({ file }) => ({
    onRequest(exchange) { exchange.request.headers.set('X-Witness', exchange.request.clientIp); },
    onUpstreamRequest(exchange, headers) { headers.set('X-Upstream', 'yes'); },
    async onResponse(exchange, response) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (exchange.request.query === 'refuse') return { status: 403, body: 'refused' };
      if (exchange.request.query === 'change') response.status = 200;
      response.headers.set('X-Mark', String(response.status));
    },
    onResponseBody() { throw new Error('a tunnel has no body'); },
    onEnd(exchange, { status, bytesSent, error }) {
      appendFileSync(file, JSON.stringify({ path: exchange.request.path, status, bytesSent, error }) + '\\n');
    },
  }),
};`;

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let service: WebSocketService;
let gateway: Gateway;
let deadPort: { port: number; release(): void };
let witnessFile: string;

before(async () => {
  service = await new WebSocketService({
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (protocols) => [...protocols].find((name) => name === 'chat.v2') ?? false,
  }).start();
  deadPort = await reservePort();
  witnessFile = path.join(process.env['TMPDIR'] ?? '/tmp', `octopus-witness-${process.pid}.jsonl`);
  const upstream = 'service';
  const config: GatewayConfig = {
    plugins: [{ name: 'witness', path: './witness.mjs', config: { file: witnessFile } }],
    upstreams: [
      { name: 'service', endpoints: [service.address] },
      { name: 'pipelined', endpoints: [service.address], pipelining: 8 },
      { name: 'narrow', endpoints: [service.address], connections: { max: 2 } },
      {
        name: 'half-dead',
        endpoints: [`127.0.0.1:${deadPort.port}`, service.address],
        load_balance: 'round-robin',
      },
      { name: 'dead', endpoints: [`127.0.0.1:${deadPort.port}`] },
    ],
    routing: { websocket: { idle_timeout: '5m' } },
    routes: [
      { path: '/off', upstream, websocket: false },
      { path: '/respond', respond: { body: 'made here' } },
      { path: '/idle', upstream, websocket: { idle_timeout: '1s' } },
      { path: '/short', upstream, websocket: { max_duration: '300ms' } },
      {
        path: '/origins',
        upstream,
        websocket: { origins: ['https://app.example.com', 'https://*.example.org'] },
      },
      {
        path: '/secret',
        upstream,
        middleware: [{ name: 'basic-auth', config: { users: [{ username: 'ada', password: 'lovelace' }] } }],
      },
      {
        path: '/limited',
        upstream,
        middleware: [{ name: 'rate-limit', config: { limit: 2, window: '1h', key: ['route'] } }],
      },
      {
        path: '/decorated',
        upstream,
        middleware: [
          { name: 'headers', config: { response: { set: { 'x-by-plugin': 'yes' } } } },
          { name: 'cors', config: { origins: ['https://app.example.com'] } },
          'compression',
        ],
      },
      { path: '/witness', upstream, middleware: ['witness'] },
      { path: '/pipelined', upstream: 'pipelined' },
      { path: '/narrow', upstream: 'narrow' },
      { path: '/half-dead', upstream: 'half-dead' },
      { path: '/dead', upstream: 'dead' },
      { path: '/prefix/*', upstream, strip_prefix: '/prefix' },
      { path: '/*', upstream },
    ],
  };
  gateway = await startGateway(config, { files: { 'witness.mjs': WITNESS } });
});

after(async () => {
  await gateway?.stop();
  await service?.stop();
  deadPort?.release();
});

const open = (target: string, options = {}): Promise<Peer> => connect(gateway.port, target, options);
const openCount = async (labels = {}): Promise<number> =>
  (await gateway.metrics()).sum('octopus_websocket_connections', labels);
const untilNone = (): Promise<boolean> =>
  eventually(async () => (await openCount()) === 0, 'all tunnels to be gone');

describe('messages', () => {
  it('text, binary, empty and fragmented ones come back as they went', async () => {
    const client = await open('/echo');
    const { socket } = client;
    socket.send('grüße');
    socket.send(Buffer.from([0, 1, 2, 255]));
    socket.send('');
    socket.send('frag', { fin: false });
    socket.send('mented', { fin: true });
    await client.message(4);
    assert.deepEqual(client.texts.slice(0, 1), ['grüße']);
    assert.deepEqual(client.messages[1], Buffer.from([0, 1, 2, 255]));
    assert.deepEqual(client.texts.slice(2), ['', 'fragmented']);
    socket.close(4001, 'enough');
    assert.deepEqual(await client.untilClosed(), { code: 4001, reason: 'enough' });
    assert.deepEqual(await service.latest.untilClosed(), { code: 4001, reason: 'enough' });
  });

  it('20 MB in messages of up to 3 MB, both ways at once, nothing is lost', async () => {
    const client = await open('/echo', { perMessageDeflate: false });
    const sizes = [1, 125, 126, 65_535, 65_536, 3_000_000];
    const sent = Array.from({ length: 40 }, (_, index) => randomBytes(sizes[index % sizes.length]!));
    for (const bytes of sent) client.socket.send(bytes);
    await client.message(sent.length);
    assert.deepEqual(client.messages.map(digest), sent.map(digest));
    client.socket.close();
    await client.untilClosed();
  });

  it('E2 compression is agreed on by the two ends and passes untouched', async () => {
    const client = await open('/echo');
    assert.match(client.socket.extensions, /permessage-deflate/);
    client.socket.send('a'.repeat(100_000));
    assert.equal((await client.message()).length, 100_000);
    client.socket.close();
    await client.untilClosed();
  });

  it('E3 pings are answered by the other end, not by the gateway', async () => {
    const client = await open('/echo');
    client.socket.ping('from the client');
    service.latest.socket.ping('from the service');
    await eventually(async () => client.pongs.length > 0 && service.latest.pongs.length > 0, 'both pongs');
    assert.deepEqual(client.pongs, ['from the client']);
    assert.deepEqual(service.latest.pongs, ['from the service']);
    client.socket.close();
    await client.untilClosed();
  });

  it('the service may speak first', async () => {
    const client = await open('/greet');
    assert.equal((await client.message()).toString(), 'welcome');
    client.socket.terminate();
  });

  it('the service may close first, and its code reaches the client', async () => {
    const client = await open('/echo');
    service.latest.socket.close(4321, 'later');
    assert.deepEqual(await client.untilClosed(), { code: 4321, reason: 'later' });
  });
});

describe('the handshake', () => {
  it('path, query, fields, subprotocols and forwarding fields reach the service', async () => {
    const client = await open('/prefix/chat?room=1&x=%20', {
      protocols: ['chat.v1', 'chat.v2'],
      headers: { cookie: 'a=b', 'x-own': 'yes', authorization: 'Bearer t' },
    });
    assert.equal(client.socket.protocol, 'chat.v2');
    const { url, headers } = service.latest.request!;
    assert.equal(url, '/chat?room=1&x=%20');
    assert.equal(headers['cookie'], 'a=b');
    assert.equal(headers['x-own'], 'yes');
    assert.equal(headers['authorization'], 'Bearer t');
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.match(headers['via']!, /octopus/);
    assert.ok(headers['x-request-id']);
    assert.ok(headers['traceparent']);
    client.socket.close();
  });

  it('a refusal of the service reaches the client as it is', async () => {
    for (const status of [401, 404, 503]) {
      assert.equal(await statusOf(gateway.port, `/status/${status}`), status);
    }
  });

  it('websocket: false answers 501, a route without upstream ignores the upgrade', async () => {
    assert.equal(await statusOf(gateway.port, '/off'), 501);
    assert.equal(await statusOf(gateway.port, '/respond'), 200);
    const plain = await fetch(`http://127.0.0.1:${gateway.port}/off`);
    assert.equal(await plain.text(), 'no WebSocket');
  });

  it('origins: pages of others get 403, programs and listed pages pass', async () => {
    const status = (origin: string) => statusOf(gateway.port, '/origins', { origin });
    assert.equal(await status('https://evil.example'), 403);
    assert.equal(await status('https://app.example.com.evil.example'), 403);
    assert.equal(await status('null'), 403);
    assert.equal(await status('https://app.example.com'), 101);
    assert.equal(await status('https://a.b.example.org'), 101);
    assert.equal(await statusOf(gateway.port, '/origins'), 101);
  });

  it('plugins run on it: authentication, limits, response fields', async () => {
    assert.equal(await statusOf(gateway.port, '/secret'), 401);
    assert.equal(
      await statusOf(gateway.port, '/secret', {
        headers: { authorization: `Basic ${btoa('ada:lovelace')}` },
      }),
      101,
    );
    const limited = [];
    for (let i = 0; i < 3; i++) limited.push(await statusOf(gateway.port, '/limited'));
    assert.deepEqual(limited, [101, 101, 429]);
    const { socket, response } = await open('/decorated', { origin: 'https://app.example.com' });
    assert.equal(response['x-by-plugin'], 'yes');
    assert.equal(response['access-control-allow-origin'], 'https://app.example.com');
    assert.equal(response['content-encoding'], undefined);
    socket.close();
  });

  it('response hooks see the 101: they add fields, wait, refuse; onEnd comes when the tunnel has ended', async () => {
    const client = await open('/witness');
    assert.equal(client.response['x-mark'], '101');
    assert.equal(service.latest.request!.headers['x-witness'], '127.0.0.1');
    assert.equal(service.latest.request!.headers['x-upstream'], 'yes');
    client.socket.send('hello');
    await client.message();
    client.socket.close();
    await client.untilClosed();
    const lines = await eventually(async () => readFileSync(witnessFile, 'utf8').trim().split('\n'), 'onEnd');
    const end = JSON.parse(lines[0]!) as Record<string, unknown>;
    assert.equal(end['status'], 101);
    assert.equal(end['error'], '');
    assert.ok((end['bytesSent'] as number) > 5);
    assert.equal(await statusOf(gateway.port, '/witness?refuse'), 403);
    await eventually(async () => service.latest.closed, 'the service to see that it was refused');
    assert.equal(await statusOf(gateway.port, '/witness?change'), 500);
  });
});

describe('endpoints', () => {
  it('a handshake that cannot connect goes to another endpoint; none left is a 502', async () => {
    for (let i = 0; i < 4; i++) assert.equal(await statusOf(gateway.port, '/half-dead'), 101);
    assert.equal(await statusOf(gateway.port, '/dead'), 502);
  });

  it('tunnels take no place of requests: more than connections.max, and requests beside them', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => open('/narrow')));
    // What a worker counts for the first time reaches the primary by message.
    await eventually(async () => (await openCount({ route: '/narrow' })) === 20, 'all of them to be counted');
    const response = await fetch(`http://127.0.0.1:${gateway.port}/narrow`);
    assert.equal(await response.text(), 'no WebSocket');
    for (const client of clients) client.socket.close();
    await Promise.all(clients.map((client) => client.untilClosed()));
  });

  it('beside pipelined requests', async () => {
    const clients = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const response = await fetch(`http://127.0.0.1:${gateway.port}/pipelined`);
        assert.equal(await response.text(), 'no WebSocket');
        const client = await open('/pipelined');
        client.socket.send(`number ${index}`);
        assert.equal((await client.message()).toString(), `number ${index}`);
        return client;
      }),
    );
    for (const client of clients) client.socket.terminate();
  });

  it('are busy as long as the tunnel is open', async () => {
    await untilNone();
    const inFlight = async (): Promise<number> =>
      (await gateway.metrics()).sum('octopus_endpoint_in_flight', { upstream: 'service' });
    await eventually(async () => (await inFlight()) === 0, 'nothing in flight');
    const client = await open('/echo');
    await eventually(async () => (await inFlight()) === 1, 'it to be in flight');
    client.socket.close();
    await eventually(async () => (await inFlight()) === 0, 'the tunnel to be gone');
  });
});

describe('limits', () => {
  it('idle_timeout: a silent one is closed with 1001, one with traffic is not', async (context) => {
    const startedAt = performance.now();
    const silent = await open('/idle');
    const busy = await open('/idle');
    const timer = setInterval(() => busy.socket.ping(), 100);
    context.after(() => clearInterval(timer));
    assert.deepEqual(await silent.untilClosed(), { code: 1001, reason: 'idle for too long' });
    assert.ok(performance.now() - startedAt >= 990);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.equal(busy.closed, null);
    clearInterval(timer);
    await busy.untilClosed();
    await gateway.logLine((line) => line['error'] === 'websocket_idle', 'websocket_idle');
  });

  it('max_duration: closed with 1012 whatever happens on it; the service learns it too', async () => {
    const client = await open('/short');
    const peer = service.latest;
    const timer = setInterval(() => client.socket.send('x'.repeat(100)), 10);
    assert.deepEqual(await client.untilClosed(), { code: 1012, reason: 'the connection is too old' });
    clearInterval(timer);
    assert.equal((await peer.untilClosed()).code, 1012);
    await gateway.logLine((line) => line['error'] === 'websocket_expired', 'websocket_expired');
  });
});

describe('telemetry', () => {
  it('a gauge of open ones, their bytes while they are open, one access line at the end', async () => {
    await untilNone();
    const before = await gateway.metrics();
    const client = await open('/echo?telemetry', { perMessageDeflate: false });
    client.socket.send(Buffer.alloc(50_000));
    await client.message();
    // What a worker counts for the first time reaches the primary by message.
    await eventually(async () => {
      const during = await gateway.metrics();
      const grown = (name: string, labels = {}): number =>
        during.sum(name, labels) - before.sum(name, labels);
      assert.equal(during.sum('octopus_websocket_connections', { route: '/*' }), 1);
      assert.equal(grown('octopus_requests_total', { status: '101', route: '/*' }), 1);
      assert.ok(grown('octopus_bytes_received_total') >= 50_000);
      assert.ok(grown('octopus_bytes_sent_total') >= 50_000);
      assert.equal(grown('octopus_upstream_requests_total', { status: '101' }), 1);
      return true;
    }, 'all of it to be counted');
    const seen = gateway.logLines().length;
    client.socket.close();
    await client.untilClosed();
    const isLine = (line: Record<string, unknown>): boolean =>
      line['path'] === '/echo' && Number(line['bytes_received']) > 50_000;
    const line = await eventually(
      async () => gateway.logLines().slice(seen).find(isLine) ?? null,
      'its line',
    );
    assert.equal(line['status'], 101);
    assert.equal(line['upstream'], 'service');
    assert.equal(line['error'], undefined);
    assert.ok(Number(line['bytes_sent']) > 50_000);
    await untilNone();
    const upstreamConnections = async (): Promise<number> =>
      (await gateway.metrics()).sum('octopus_upstream_connections', { upstream: 'narrow' });
    await eventually(async () => (await upstreamConnections()) <= 2, 'their connections to be closed');
  });
});

it('a refused handshake is an ordinary response', async () => {
  await assert.rejects(open('/off'), (error) => {
    assert.ok(error instanceof Refused);
    assert.match(String(error.headers['content-type']), /problem\+json/);
    return true;
  });
});

it('routing.websocket is for every route that does not say otherwise', async () => {
  const configure = (websocket: unknown): GatewayConfig => ({
    upstreams: [{ name: 'service', endpoints: [service.address] }],
    routing: { websocket },
    routes: [
      {
        path: '/own',
        upstream: 'service',
        websocket: { idle_timeout: '1h', max_duration: '0s', origins: ['*'] },
      },
      { path: '/*', upstream: 'service' },
    ],
  });
  const origin = 'https://evil.example';
  const other = await startGateway(
    configure({ idle_timeout: '200ms', origins: ['https://app.example.com'] }),
  );
  const own = await connect(other.port, '/own', { origin });
  assert.equal(await statusOf(other.port, '/all', { origin }), 403);
  assert.equal((await (await connect(other.port, '/all')).untilClosed()).code, 1001);
  await other.reload(configure({ max_duration: '200ms' }));
  assert.equal((await (await connect(other.port, '/all', { origin })).untilClosed()).code, 1012);
  await other.reload(configure(false));
  assert.equal(await statusOf(other.port, '/all'), 501);
  assert.equal(await statusOf(other.port, '/own'), 101);
  assert.equal(own.closed, null);
  own.socket.terminate();
  await other.stop();
});

it('the engine uws refuses handshakes with 501 and serves other requests', async (context) => {
  const config = {
    server: { engine: 'uws' },
    upstreams: [{ name: 'service', endpoints: [service.address] }],
    routes: [{ path: '/*', upstream: 'service' }],
  };
  let other: Gateway;
  try {
    other = await startGateway(config);
  } catch (error) {
    // An optional dependency with native builds for some versions of Node only.
    if (/engine uws: /.test(String(error))) return context.skip(String(error).slice(0, 200));
    throw error;
  }
  assert.equal(await statusOf(other.port, '/'), 501);
  const response = await fetch(`http://127.0.0.1:${other.port}/`);
  assert.equal(await response.text(), 'no WebSocket');
  await other.stop();
});
