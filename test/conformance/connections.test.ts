/** Rules A5, A6, A14, C11, C15, C19: the life of a client connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { it } from '../support/engine-under-test.ts';
import { eventually, startGateway } from '../support/gateway.ts';
import { okResponse } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { relay } from '../support/relay.ts';
import { message, valuesOf } from '../support/wire.ts';

const LARGE = 'x'.repeat(8_000_000);
/** Less than a connection is kept that has to be read to its end. Milliseconds. */
const AT_ONCE = 1000;

let release: (() => void) | null = null;

const gateway = relay({
  responder: async (request) => {
    if (request.target === '/chunked')
      return `${message('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}2\r\nhi\r\n0\r\n\r\n`;
    if (request.target === '/large') return okResponse(LARGE);
    if (request.target === '/slow') await new Promise<void>((resolve) => (release = resolve));
    return okResponse('ok');
  },
  config: (origin) => ({
    routing: { retries: 0 },
    upstreams: [{ name: 'origin', endpoints: [origin] }],
    routes: [{ path: '/*', upstream: 'origin' }],
  }),
});

const connect = (): Promise<RawClient> => RawClient.connect(gateway.gateway.port);

describe('HTTP/1.1', () => {
  it('A14 a connection serves many requests', async () => {
    const client = await connect();
    for (let index = 0; index < 50; index++)
      assert.equal((await client.request(message('GET / HTTP/1.1', 'Host: a'))).body, 'ok');
    client.destroy();
  });

  it('A14 Connection: close is answered with close, and closed', async () => {
    const client = await connect();
    const response = await client.request(message('GET / HTTP/1.1', 'Host: a', 'Connection: close'));
    assert.deepEqual(valuesOf(response.fields, 'connection'), ['close']);
    assert.equal(await client.closed(), 'end');
  });

  it('A14 a client that asked for the end holds no connection by not ending its side', async () => {
    const active = async (): Promise<number> =>
      (await gateway.gateway.metrics()).sum('octopus_active_connections');
    await eventually(async () => (await active()) === 0, 'no connection', 10_000);
    const port = gateway.gateway.port;
    const clients = Array.from({ length: 5 }, () =>
      net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
    );
    for (const client of clients) {
      client.resume().write(message('GET / HTTP/1.1', 'Host: a', 'Connection: close'));
      await once(client, 'end');
    }
    await eventually(async () => (await active()) === 0, 'no connection again', AT_ONCE);
    for (const client of clients) client.destroy();
  });

  it('A14 nor is a large answer cut, or one reset by what came behind its request', async () => {
    const large = await connect();
    large.write(message('GET /large HTTP/1.1', 'Host: a', 'Connection: close'));
    assert.equal((await large.response()).body, LARGE);
    assert.equal(await large.closed(), 'end');
    const talking = await connect();
    talking.write(`${message('GET / HTTP/1.1', 'Host: a', 'Connection: close')}${'more'.repeat(1000)}`);
    assert.equal((await talking.response()).body, 'ok');
    assert.equal(await talking.closed(), 'end');
  });

  it('A2 OPTIONS * lists methods and is not forwarded', async () => {
    const before = gateway.origin.seen.length;
    const client = await connect();
    const response = await client.request(message('OPTIONS * HTTP/1.1', 'Host: a'));
    assert.ok([200, 204].includes(response.status));
    assert.match(valuesOf(response.fields, 'allow').join(), /GET/);
    assert.equal(gateway.origin.seen.length, before);
    client.destroy();
  });
});

describe('HTTP/1.0', () => {
  it('C15 no chunks: the body ends with the connection', async () => {
    const client = await connect();
    client.write(message('GET /chunked HTTP/1.0', 'Host: a'));
    const response = await client.response();
    assert.equal(response.framing, 'close');
    assert.equal(response.body, 'hi');
    assert.equal(await client.closed(), 'end');
  });

  it('C15 keep-alive only if asked for, and said so', async () => {
    const client = await connect();
    const first = await client.request(message('GET / HTTP/1.0', 'Host: a', 'Connection: keep-alive'));
    assert.deepEqual(
      valuesOf(first.fields, 'connection').map((value) => value.toLowerCase()),
      ['keep-alive'],
    );
    const second = await client.request(message('GET / HTTP/1.0', 'Host: a'));
    assert.equal(second.body, 'ok');
    assert.equal(await client.closed(), 'end');
  });

  it('C15 keep-alive does not survive a body without a length', async () => {
    const client = await connect();
    client.write(message('GET /chunked HTTP/1.0', 'Host: a', 'Connection: keep-alive'));
    const response = await client.response();
    assert.equal(response.body, 'hi');
    assert.equal(await client.closed(), 'end');
  });
});

describe('C11 upgrades', () => {
  it('C11 a 200 to a WebSocket handshake opens no tunnel [CVE-2024-23326]', async () => {
    const before = gateway.origin.seen.length;
    const client = await connect();
    const handshake = message(
      'GET /ws HTTP/1.1',
      'Host: a',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    );
    // What follows the handshake is a request of its own, read by the gateway and not by the origin.
    client.write(`${handshake}${message('GET /next HTTP/1.1', 'Host: a', 'X-Forwarded-For: 192.0.2.1')}`);
    assert.equal((await client.response()).status, 200);
    assert.equal((await client.response()).status, 200);
    const [first, second] = gateway.origin.seen.slice(before);
    assert.deepEqual(valuesOf(first!.fields, 'upgrade'), ['websocket']);
    assert.equal(second!.target, '/next');
    assert.deepEqual(valuesOf(second!.fields, 'x-forwarded-for'), ['127.0.0.1']);
    client.destroy();
  });

  it('C11 frames sent ahead of a handshake are not passed to the origin [CVE-2026-2833]', async () => {
    const client = await connect();
    client.write(
      `${message('GET /ws HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket')}\x81\x85\0\0\0\0hello\r\n\r\n`,
    );
    await client.response();
    const next = await client.response().catch(() => null);
    if (next) assert.ok(next.status === 400 || next.status === 501, String(next.status));
    await client.closed();
    assert.deepEqual(gateway.origin.violations, []);
    client.destroy();
  });
});

describe('C19 graceful shutdown', () => {
  it('C19 readiness 503, answers with Connection: close, requests in flight finished, exit code 0', async () => {
    const leaving = await startGateway(gateway.gateway.config);
    const idle = await leaving.connect();
    await idle.request(message('GET / HTTP/1.1', 'Host: a'));
    const busy = await leaving.connect();
    release = null;
    busy.write(message('GET /slow HTTP/1.1', 'Host: a'));
    while (!release) await pause(5);
    leaving.child.kill('SIGTERM');
    await idle.closed();
    assert.equal(idle.received, '', 'an idle connection is closed without a response');
    const ready = await leaving.admin('/_/ready').catch(() => null);
    if (ready) assert.equal(ready.status, 503);
    await assert.rejects(async () => {
      for (let tries = 0; tries < 200; tries++) {
        (await leaving.connect()).destroy();
        await pause(10);
      }
    }, 'no new connections');
    (release as () => void)();
    const response = await busy.response();
    assert.equal(response.status, 200);
    assert.deepEqual(valuesOf(response.fields, 'connection'), ['close']);
    await busy.closed();
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    await leaving.stop();
  });

  it('C19 what is still in flight at shutdown_timeout is cut', async () => {
    const leaving = await startGateway({ ...gateway.gateway.config, server: { shutdown_timeout: '500ms' } });
    const busy = await leaving.connect();
    release = null;
    busy.write(message('GET /slow HTTP/1.1', 'Host: a'));
    while (!release) await pause(5);
    const start = performance.now();
    const exit = await leaving.stop();
    assert.ok(performance.now() - start < 8_000);
    assert.equal(exit.signal, null);
    await busy.closed();
    (release as () => void)();
  });
});
