/** WebSockets to endpoints over HTTP/2 (RFC 8441): a second gateway, and a service that has none. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, it } from 'node:test';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import {
  END_HEADERS,
  frame,
  HEADERS,
  headerBlock,
  number32,
  PREFACE,
  RST_STREAM,
  SETTINGS,
} from '../support/http2-frames.ts';
import { clientFrame, serverFrame } from '../support/websocket-wire.ts';
import { connect, statusOf, WebSocketService } from '../support/websockets.ts';

let service: WebSocketService;
/** Takes no extended CONNECT. */
let plain: http2.Http2Server;
const asked: string[] = [];
let inner: Gateway;
let outer: Gateway;

before(async () => {
  service = await new WebSocketService({ handleProtocols: () => 'chat.v2', perMessageDeflate: true }).start();
  plain = http2.createServer();
  plain.on('stream', (stream, headers) => {
    asked.push(String(headers[':method']));
    stream.respond({ ':status': 200 });
    stream.end('plain');
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  inner = await startGateway({
    upstreams: [{ name: 'service', endpoints: [service.address] }],
    routes: [
      { path: '/off', upstream: 'service', websocket: false },
      { path: '/*', upstream: 'service' },
    ],
  });
  const { port } = plain.address() as AddressInfo;
  outer = await startGateway({
    upstreams: [
      { name: 'inner', endpoints: [`127.0.0.1:${inner.port}`], protocol: 'h2' },
      {
        name: 'plain',
        endpoints: [`127.0.0.1:${port}`],
        protocol: 'h2',
        outlier: { consecutive_failures: 1, eject_for: '1m', max_ejected: '100%' },
        circuit_breaker: { failure_threshold: 1, timeout: '1m' },
      },
    ],
    routes: [
      { path: '/plain', upstream: 'plain' },
      { path: '/*', upstream: 'inner' },
    ],
  });
});

after(async () => {
  await outer?.stop();
  await inner?.stop();
  await service?.stop();
  plain?.close();
});

it('messages of all sizes, fields and close codes, beside requests on the same connection', async () => {
  const clients = await Promise.all(
    Array.from({ length: 4 }, () =>
      connect(outer.port, '/chat?room=1', { protocols: ['chat.v1', 'chat.v2'], headers: { cookie: 'a=b' } }),
    ),
  );
  const sent = [Buffer.from('small'), randomBytes(70_000), randomBytes(300_000)];
  for (const client of clients) {
    assert.equal(client.socket.protocol, 'chat.v2');
    assert.match(client.socket.extensions, /permessage-deflate/);
    for (const bytes of sent) client.socket.send(bytes);
  }
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => fetch(`http://127.0.0.1:${outer.port}/page`).then((r) => r.text())),
  );
  assert.deepEqual([...new Set(answers)], ['no WebSocket']);
  for (const client of clients) {
    await client.message(sent.length);
    assert.ok(client.messages.every((message, index) => message.equals(sent[index]!)));
    client.socket.close(4005, 'done');
    assert.deepEqual(await client.untilClosed(), { code: 4005, reason: 'done' });
  }
  for (const peer of service.peers) {
    assert.equal(peer.request!.url, '/chat?room=1');
    assert.equal(peer.request!.headers['cookie'], 'a=b');
    assert.match(String(peer.request!.headers['via']), /^1\.1 octopus .*, 2\.0 octopus /);
    assert.deepEqual(await peer.untilClosed(), { code: 4005, reason: 'done' });
  }
  const metrics = await outer.metrics();
  assert.ok(
    metrics.sum('octopus_upstream_connections', { upstream: 'inner' }) <= 4,
    'streams share connections',
  );
});

it('HTTP/2 all the way', async () => {
  const client = await Http2Client.connect(`http://127.0.0.1:${outer.port}`);
  const stream = client.stream({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/greet',
    ':scheme': 'http',
    ':authority': 'a',
    'sec-websocket-version': '13',
  });
  let received = '';
  stream.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  stream.write(Buffer.from(clientFrame('hello'), 'latin1'));
  const expected = serverFrame('welcome', 1) + serverFrame('hello');
  await eventually(async () => received === expected, 'both messages');
  stream.close(http2.constants.NGHTTP2_CANCEL);
  await service.latest.untilClosed();
  client.session.destroy();
});

it('a client that resets without an error while there is something to send ends the tunnel', async () => {
  const metric = async (name: string): Promise<number> => (await outer.metrics()).sum(name);
  const sent = await metric('octopus_bytes_sent_total');
  const client = await outer.connect();
  const noWindow = frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));
  const fields = headerBlock([
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':path', '/greet'],
    [':scheme', 'http'],
    [':authority', 'a'],
    ['sec-websocket-version', '13'],
  ]);
  client.write(PREFACE);
  client.write(Buffer.concat([noWindow, frame(HEADERS, END_HEADERS, 1, fields)]));
  await eventually(async () => (await metric('octopus_bytes_sent_total')) > sent, 'the greeting');
  assert.equal(await metric('octopus_websocket_connections'), 1);
  client.write(frame(RST_STREAM, 0, 1, number32(0)));
  await eventually(async () => (await metric('octopus_websocket_connections')) === 0, 'its end');
  assert.equal(client.closedHow, null);
  client.destroy();
});

it('refusals of the endpoint reach the client', async () => {
  assert.equal(await statusOf(outer.port, '/off'), 501);
  assert.equal(await statusOf(outer.port, '/status/404'), 404);
});

it('an endpoint without them is not asked, and not blamed', async () => {
  for (let i = 0; i < 3; i++) assert.equal(await statusOf(outer.port, '/plain'), 501);
  const response = await fetch(`http://127.0.0.1:${outer.port}/plain`);
  assert.equal(await response.text(), 'plain');
  assert.deepEqual(asked, ['GET']);
});

it('an inner gateway that shuts down closes them with 1001', async () => {
  const client = await connect(outer.port, '/chat');
  inner.child.kill('SIGTERM');
  assert.deepEqual(await client.untilClosed(), { code: 1001, reason: 'the gateway is shutting down' });
  assert.deepEqual(await inner.exited, { code: 0, signal: null });
  await eventually(async () => {
    const metrics = await outer.metrics();
    return (
      metrics.sum('octopus_websocket_connections') === 0 && metrics.sum('octopus_endpoint_in_flight') === 0
    );
  }, 'everything to be closed');
});
