/** Handshakes and tunnels byte by byte: what is refused, what comes early, how each end closes. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type net from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { atBest } from '../support/at-best.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import type { OriginConnection } from '../support/origin.ts';
import { okResponse, RecordingOrigin, ScriptedOrigin } from '../support/origin.ts';
import { once, type RawClient } from '../support/raw-client.ts';
import {
  accepted,
  clientFrame,
  closeFrameText,
  handshake,
  KEY,
  serverFrame,
  TunnelOrigin,
} from '../support/websocket-wire.ts';
import { message, valuesOf } from '../support/wire.ts';

const tunnels = new TunnelOrigin();
const recording = new RecordingOrigin(() => okResponse('ok'));
/** Answers each connection with what the test says. */
const scripted = new ScriptedOrigin(async () => undefined);
let gateway: Gateway;

before(async () => {
  await Promise.all([tunnels.origin.listen(), recording.listen(), scripted.listen()]);
  gateway = await startGateway(
    {
      upstreams: [
        { name: 'tunnels', endpoints: [tunnels.origin.address] },
        { name: 'recording', endpoints: [recording.address] },
        { name: 'scripted', endpoints: [scripted.address], timeouts: { total: '2500ms', idle: '2500ms' } },
      ],
      routes: [
        { path: '/ws', upstream: 'tunnels' },
        { path: '/scripted', upstream: 'scripted', retries: 0 },
        { path: '/*', upstream: 'recording' },
      ],
    },
    { workers: 1 },
  );
});

after(async () => {
  await gateway?.stop();
  await Promise.all([tunnels.origin.close(), recording.close(), scripted.close()]);
});

beforeEach(() => {
  tunnels.greeting = '';
});

async function open(more = ''): Promise<{ client: RawClient; server: OriginConnection }> {
  const client = await gateway.connect();
  const { server, response } = await tunnels.open(client, more);
  assert.equal(response.status, 101);
  return { client, server };
}

const arrives = (stream: RawClient | OriginConnection, text: string): Promise<true> =>
  stream.until(() => (stream.received === text ? true : null), JSON.stringify(text.slice(0, 50)));

describe('C11 what is no WebSocket handshake is an ordinary request without Upgrade', () => {
  for (const [name, bytes] of [
    ['another protocol', handshake({ Upgrade: 'h2c' }, 'GET /a HTTP/1.1')],
    ['no Connection: Upgrade', handshake({ Connection: '' }, 'GET /a HTTP/1.1')],
    ['HTTP/1.0', handshake({}, 'GET /a HTTP/1.0')],
    ['POST', handshake({ 'Content-Length': '0' }, 'POST /a HTTP/1.1')],
  ] as const) {
    it(name, async () => {
      const seen = recording.seen.length;
      assert.equal((await once(gateway.port, bytes)).status, 200);
      const { fields } = recording.seen[seen]!;
      assert.deepEqual(valuesOf(fields, 'upgrade'), []);
      assert.doesNotMatch(valuesOf(fields, 'connection').join(), /upgrade/i);
    });
  }
});

describe('E1 handshakes that are refused before the endpoint sees them', () => {
  for (const [name, replaced, status] of [
    ['no key', { 'Sec-WebSocket-Key': '' }, 400],
    ['a short key', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, 400],
    ['a body', { 'Content-Length': '5' }, 400],
    ['a chunked body', { 'Transfer-Encoding': 'chunked' }, 400],
    ['version 8', { 'Sec-WebSocket-Version': '8' }, 426],
    ['no version', { 'Sec-WebSocket-Version': '' }, 426],
  ] as const) {
    it(`${name}: ${status}`, async () => {
      const before = tunnels.tunnels.length;
      const response = await once(gateway.port, handshake(replaced));
      assert.equal(response.status, status);
      if (status === 426) assert.deepEqual(valuesOf(response.fields, 'sec-websocket-version'), ['13']);
      assert.equal(tunnels.tunnels.length, before);
    });
  }
});

describe('C11 answers of an endpoint that open no tunnel: 502, connection closed', () => {
  const bad = [
    ['wrong Sec-WebSocket-Accept', accepted('AAAAAAAAAAAAAAAAAAAAAA==')],
    ['a subprotocol nobody asked for', accepted(KEY, 'Sec-WebSocket-Protocol: chat')],
    ['another protocol', accepted(KEY).replace('Upgrade: websocket', 'Upgrade: h2c')],
    ['HTTP/1.0', accepted(KEY).replace('HTTP/1.1', 'HTTP/1.0')],
  ] as const;
  for (const [name, bytes] of bad) {
    it(name, async () => {
      let closed: Promise<unknown> = Promise.resolve();
      scripted.use(async (connection) => {
        await connection.head();
        connection.write(bytes + serverFrame('not for the client'));
        closed = connection.closed();
      });
      const client = await gateway.connect();
      const response = await client.request(handshake({}, 'GET /scripted HTTP/1.1'));
      assert.equal(response.status, 502);
      assert.doesNotMatch(response.body + client.received, /not for the client/);
      await closed;
      client.destroy();
    });
  }

  it('a 101 that nobody asked for', async () => {
    scripted.use(async (connection) => {
      await connection.head();
      connection.write(accepted(KEY));
    });
    assert.equal((await once(gateway.port, message('GET /scripted HTTP/1.1', 'Host: a'))).status, 502);
  });
});

describe('the way through', () => {
  it('a refusal is an ordinary response: the connection goes on with HTTP', async () => {
    const client = await gateway.connect();
    scripted.use(async (connection) => {
      await connection.head();
      connection.write(`${message('HTTP/1.1 403 Forbidden', 'Content-Length: 2', 'Connection: close')}no`);
      connection.end();
    });
    const refused = await client.request(handshake({}, 'GET /scripted HTTP/1.1'));
    assert.deepEqual([refused.status, refused.body], [403, 'no']);
    assert.equal((await client.request(handshake({ 'Sec-WebSocket-Version': '8' }))).status, 426);
    assert.equal((await client.request(message('GET /plain HTTP/1.1', 'Host: a'))).body, 'ok');
    const { response, server } = await tunnels.open(client);
    assert.equal(response.status, 101);
    client.write(clientFrame('after all'));
    await arrives(server, clientFrame('after all'));
    client.destroy();
  });

  it('both connections are probed, for peers that vanish without a word', async (context) => {
    const { client } = await open();
    let sockets: string;
    try {
      sockets = execFileSync('ss', ['-tnoH', 'state', 'established'], { encoding: 'utf8' });
    } catch {
      client.destroy();
      return context.skip('ss is not installed');
    }
    const ofGateway = (end: string): string =>
      sockets.split('\n').find((line) => new RegExp(end).test(line)) ?? `no line for ${end}`;
    const port = (client.socket.address() as net.AddressInfo).port;
    assert.match(ofGateway(`:${gateway.port}\\s+\\S+:${port}\\s`), /timer:\(keepalive/);
    assert.match(ofGateway(`\\s\\S+:\\d+\\s+127\\.0\\.0\\.1:${tunnels.origin.port}\\s`), /timer:\(keepalive/);
    client.destroy();
  });

  it('the endpoint gets one Upgrade and one Connection, the client a clean 101', async () => {
    const client = await gateway.connect();
    const heads: string[] = [];
    scripted.use(async (connection) => {
      const head = await connection.head();
      heads.push(...head.fields.map(([name, value]) => `${name}: ${value}`));
      connection.write(accepted(KEY, 'Sec-WebSocket-Extensions: x', 'X-Own: yes', 'Keep-Alive: timeout=5'));
      await connection.closed(60_000);
    });
    const sent = { Connection: 'keep-alive, Upgrade', Upgrade: 'WebSocket', 'Sec-WebSocket-Extensions': 'x' };
    const response = await client.request(handshake(sent, 'GET /scripted HTTP/1.1'));
    assert.deepEqual(
      heads.filter((line) => /^(upgrade|connection|sec-websocket-extensions):/i.test(line)).sort(),
      ['Connection: Upgrade', 'Sec-WebSocket-Extensions: x', 'Upgrade: websocket'],
    );
    assert.deepEqual(valuesOf(response.fields, 'upgrade'), ['websocket']);
    assert.deepEqual(valuesOf(response.fields, 'connection'), ['Upgrade']);
    assert.deepEqual(valuesOf(response.fields, 'x-own'), ['yes']);
    assert.deepEqual(valuesOf(response.fields, 'sec-websocket-extensions'), ['x']);
    assert.deepEqual(valuesOf(response.fields, 'keep-alive'), []);
    // upstreams[].timeouts are about responses, not about tunnels.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assert.equal(client.closedHow, null);
    client.destroy();
  });

  it('bytes that come with the handshake or with the 101 are not lost', async () => {
    tunnels.greeting = serverFrame('first');
    const { client, server } = await open(clientFrame('early'));
    await arrives(client, serverFrame('first'));
    await arrives(server, clientFrame('early'));
    server.write(serverFrame('x'.repeat(60_000)));
    await client.until(() => (client.received.length === 60_011 ? true : null), 'a large frame');
    client.destroy();
  });

  it('requests before it are answered first', async () => {
    const client = await gateway.connect();
    const next = tunnels.next();
    client.write(
      message('GET /one HTTP/1.1', 'Host: a') + message('GET /two HTTP/1.1', 'Host: a') + handshake(),
    );
    assert.equal((await client.response()).body, 'ok');
    assert.equal((await client.response()).body, 'ok');
    assert.equal((await client.response()).status, 101);
    const server = await next;
    client.write(clientFrame('after'));
    await arrives(server, clientFrame('after'));
    client.destroy();
  });

  it('bytes that are no frames pass as well', async () => {
    const { client, server } = await open();
    client.write('GET / HTTP/1.1\r\n\r\n');
    await arrives(server, 'GET / HTTP/1.1\r\n\r\n');
    server.write('HTTP/1.1 200 OK\r\n\r\n');
    await arrives(client, 'HTTP/1.1 200 OK\r\n\r\n');
    client.destroy();
  });
});

describe('ends', () => {
  it('half-close of the client: the endpoint sees it and can still send', async () => {
    const { client, server } = await open();
    client.write(clientFrame('last'));
    client.socket.end();
    assert.equal(await server.closed(), 'end');
    assert.equal(server.received, clientFrame('last'));
    server.write(serverFrame('answer'));
    await arrives(client, serverFrame('answer'));
    server.end();
    assert.equal(await client.closed(), 'end');
  });

  it('half-close of the endpoint: the client sees it and can still send', async () => {
    const client = await gateway.connect();
    client.socket.removeAllListeners('end');
    const ended = new Promise((resolve) => client.socket.once('end', resolve));
    const { server } = await tunnels.open(client);
    server.write(serverFrame('last'));
    server.end();
    await ended;
    assert.equal(client.received, serverFrame('last'));
    client.write(clientFrame('answer'));
    await arrives(server, clientFrame('answer'));
    client.end();
    assert.equal(await server.closed(), 'end');
  });

  it('a client that resets its connection: the endpoint loses its own at once', async () => {
    await atBest(1_000, async () => {
      const { client, server } = await open();
      const startedAt = performance.now();
      client.reset();
      await server.closed();
      return performance.now() - startedAt;
    });
    await gateway.logLine(
      (line) => line['path'] === '/ws' && line['error'] === 'client_closed' && line['status'] === 101,
      'client_closed',
    );
  });

  it('an endpoint that resets its connection: the client gets what came before, then the end', async () => {
    const { client, server } = await open();
    server.write(serverFrame('last words'));
    await arrives(client, serverFrame('last words'));
    server.reset();
    assert.equal(await client.closed(), 'end');
    await gateway.logLine(
      (line) => line['path'] === '/ws' && line['error'] === 'upstream_reset',
      'upstream_reset',
    );
  });

  it('nothing is left: no tunnel, no upstream connection, nothing in flight', async () => {
    // These origins do not close by themselves when their client has.
    for (const { connections } of [tunnels.origin, scripted])
      for (const connection of connections) connection.destroy();
    await eventually(async () => {
      const metrics = await gateway.metrics();
      return (
        metrics.sum('octopus_websocket_connections') === 0 &&
        metrics.sum('octopus_upstream_connections', { upstream: 'tunnels' }) === 0 &&
        metrics.sum('octopus_endpoint_in_flight') === 0 &&
        metrics.sum('octopus_active_connections') === 0
      );
    }, 'everything to be closed');
  });
});

describe('C19 SIGTERM', () => {
  it('a Close frame at the end of a frame, nothing after it, the answer of the client reaches the endpoint', async () => {
    const leaving = await startGateway(gateway.config, { workers: 1 });
    const [quiet, busy] = [await leaving.connect(), await leaving.connect()];
    const quietServer = (await tunnels.open(quiet)).server;
    const busyServer = (await tunnels.open(busy)).server;
    const half = serverFrame('x'.repeat(1_000));
    busyServer.write(half.slice(0, 500));
    await arrives(busy, half.slice(0, 500));
    leaving.child.kill('SIGTERM');
    const close = closeFrameText(1001, 'the gateway is shutting down');
    await arrives(quiet, close);
    assert.equal(busy.received, half.slice(0, 500), 'no frame within a frame');
    busyServer.write(`${half.slice(500)}${serverFrame('too late')}`);
    await arrives(busy, half + close);
    for (const [client, server] of [
      [quiet, quietServer],
      [busy, busyServer],
    ] as const) {
      const answer = clientFrame('\x03\xe9', 8);
      client.write(answer);
      await arrives(server, answer);
      server.write(serverFrame('\x03\xe9', 8));
      server.end();
      assert.equal(await client.closed(), 'end');
    }
    assert.equal(quiet.received, close, 'nothing follows a Close frame');
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    assert.match(leaving.log, /all requests are finished/);
    await leaving.stop();
  });

  it('one that opens after the signal is closed at once', async () => {
    const leaving = await startGateway(gateway.config, { workers: 1 });
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      scripted.use(async (connection) => {
        await connection.head();
        const answered = new Promise<void>((go) => (answer = go));
        resolve();
        await answered;
        connection.write(accepted(KEY));
        await connection.until(() => (connection.received === '' ? null : true), 'the answer to Close');
        connection.end();
      });
    });
    const client = await leaving.connect();
    client.write(handshake({}, 'GET /scripted HTTP/1.1'));
    await asked;
    leaving.child.kill('SIGTERM');
    await leaving.logLine((line) => line['message'] === 'shutting down', 'shutting down');
    answer();
    assert.equal((await client.response()).status, 101);
    await arrives(client, closeFrameText(1001, 'the gateway is shutting down'));
    client.write(clientFrame('\x03\xe9', 8));
    assert.equal(await client.closed(), 'end');
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    await leaving.stop();
  });

  it('one that cannot be told is cut at the deadline', async () => {
    const leaving = await startGateway(
      { ...gateway.config, server: { shutdown_timeout: '500ms' } },
      { workers: 1 },
    );
    const client = await leaving.connect();
    const { server } = await tunnels.open(client);
    server.write(serverFrame('x'.repeat(1_000)).slice(0, 500));
    await client.until(() => (client.received.length === 500 ? true : null), 'half a frame');
    leaving.child.kill('SIGTERM');
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    assert.equal(client.received.length, 500);
    await server.closed();
    await leaving.stop();
  });
});
