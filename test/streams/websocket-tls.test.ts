/** WebSockets over TLS, and over HTTP/2 (RFC 8441). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { Authority } from '../support/certificates.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import { type OriginConnection, okResponse, RecordingOrigin } from '../support/origin.ts';
import { clientFrame, closeFrameText, serverFrame, TunnelOrigin } from '../support/websocket-wire.ts';
import { connect as connectPlain, Peer, WebSocketService } from '../support/websockets.ts';

/** An extended CONNECT and what has come of it. */
class StreamSocket {
  readonly stream: http2.ClientHttp2Stream;
  headers: http2.IncomingHttpHeaders = {};
  status = 0;
  received = '';
  ended = false;
  closed = false;

  constructor(client: Http2Client, path: string, more: http2.OutgoingHttpHeaders = {}) {
    this.stream = client.stream({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': path,
      ':scheme': client.session.encrypted ? 'https' : 'http',
      ':authority': 'a.test',
      'sec-websocket-version': '13',
      ...more,
    });
    this.stream.on('response', (headers) => {
      this.headers = headers;
      this.status = headers[':status'] ?? 0;
    });
    this.stream.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
    });
    this.stream.on('end', () => {
      this.ended = true;
    });
    this.stream.on('close', () => {
      this.closed = true;
    });
  }

  write(text: string): void {
    this.stream.write(Buffer.from(text, 'latin1'));
  }

  untilAnswered(): Promise<boolean> {
    return eventually(async () => this.status !== 0, 'the answer');
  }

  untilReceived(text: string): Promise<boolean> {
    return eventually(async () => this.received === text, JSON.stringify(text.slice(0, 40)));
  }
}

let service: WebSocketService;
let recording: RecordingOrigin;
/** A service that takes WebSockets over TLS. */
let secure: WebSocketService | null = null;
let gateway: Gateway;
let certificate: { cert: string; key: string } | null = null;
const tunnels = new TunnelOrigin();

function config(): GatewayConfig {
  return {
    ...(certificate === null ? {} : { tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' } }),
    upstreams: [
      { name: 'service', endpoints: [service.address] },
      { name: 'tunnels', endpoints: [tunnels.origin.address] },
      { name: 'recording', endpoints: [recording.address] },
      { name: 'secure', endpoints: [`https://127.0.0.1:${secure?.port ?? 1}`], tls: { verify: false } },
    ],
    routes: [
      { path: '/raw', upstream: 'tunnels' },
      { path: '/off', upstream: 'tunnels', websocket: false },
      { path: '/respond', respond: { body: 'made here' } },
      { path: '/pages', upstream: 'tunnels', websocket: { origins: ['https://app.example.com'] } },
      { path: '/plain', upstream: 'recording' },
      { path: '/secure', upstream: 'secure' },
      { path: '/*', upstream: 'service' },
    ],
  };
}

before(async () => {
  const authority = await Authority.create();
  certificate = authority?.issue('a.test', { names: 'DNS:a.test,IP:127.0.0.1' }) ?? null;
  service = await new WebSocketService({ handleProtocols: () => 'chat.v2' }).start();
  if (certificate !== null) secure = await new WebSocketService({}, certificate).start();
  recording = await new RecordingOrigin(() => okResponse('ok')).listen();
  await tunnels.origin.listen();
  gateway = await start(config());
});

after(async () => {
  await gateway?.stop();
  await service?.stop();
  await secure?.stop();
  await recording?.close();
  await tunnels.origin.close();
});

function start(wanted: GatewayConfig, workers = 1): Promise<Gateway> {
  const files = certificate === null ? {} : { 'cert.pem': certificate.cert, 'key.pem': certificate.key };
  return startGateway(wanted, { workers, files });
}

describe('WebSocket over TLS', () => {
  it('HTTP/1.1: messages of all sizes, close code', async (context) => {
    if (certificate === null) return context.skip('openssl is not installed');
    const socket = new WebSocket(`wss://127.0.0.1:${gateway.tlsPort}/echo`, { rejectUnauthorized: false });
    const client = new Peer(socket, null);
    await once(socket, 'open');
    assert.equal(service.latest.request!.headers['x-forwarded-proto'], 'https');
    const sizes = [1, 70_000, 2_000_000];
    for (const size of sizes) socket.send(Buffer.alloc(size, size));
    await client.message(sizes.length);
    assert.deepEqual(
      client.messages.map(({ length }) => length),
      sizes,
    );
    assert.ok(
      client.messages.every((message, index) => message.every((byte) => byte === sizes[index]! % 256)),
    );
    socket.close(4003, 'done');
    assert.deepEqual(await client.untilClosed(), { code: 4003, reason: 'done' });
    assert.deepEqual(await service.latest.untilClosed(), { code: 4003, reason: 'done' });
  });

  it('an endpoint over TLS: messages of all sizes, half-close, close code', async (context) => {
    if (secure === null) return context.skip('openssl is not installed');
    const client = await connectPlain(gateway.port, '/secure');
    const sizes = [1, 70_000, 2_000_000];
    for (const size of sizes) client.socket.send(Buffer.alloc(size, size));
    await client.message(sizes.length);
    assert.ok(
      client.messages.every((message, index) => message.equals(Buffer.alloc(sizes[index]!, sizes[index]!))),
    );
    client.socket.close(4004, 'done');
    assert.deepEqual(await client.untilClosed(), { code: 4004, reason: 'done' });
    assert.deepEqual(await secure.latest.untilClosed(), { code: 4004, reason: 'done' });
  });
});

for (const scheme of ['http', 'https'] as const) {
  describe(`D9 WebSocket over HTTP/2, ${scheme}`, () => {
    let client: Http2Client;
    before(async () => {
      if (scheme === 'https' && certificate === null) return;
      client = await connect(gateway);
    });
    after(() => client?.session.destroy());

    function connect(to: Gateway): Promise<Http2Client> {
      const port = scheme === 'http' ? to.port : to.tlsPort;
      return Http2Client.connect(`${scheme}://127.0.0.1:${port}`, { servername: 'a.test' });
    }

    async function open(from = client): Promise<{ socket: StreamSocket; server: OriginConnection }> {
      const next = tunnels.next();
      const socket = new StreamSocket(from, '/raw');
      const server = await next;
      await socket.untilAnswered();
      assert.equal(socket.status, 200);
      return { socket, server };
    }

    const arrives = (server: OriginConnection, text: string): Promise<true> =>
      server.until(() => (server.received === text ? true : null), JSON.stringify(text.slice(0, 40)));

    it('is offered in the settings', (context) => {
      if (!client) return context.skip('openssl is not installed');
      assert.equal(client.session.remoteSettings.enableConnectProtocol, true);
    });

    it('the endpoint gets an ordinary handshake, the client a 200 without its key', async (context) => {
      if (!client) return context.skip('openssl is not installed');
      const socket = new StreamSocket(client, '/chat?room=1', {
        'sec-websocket-protocol': 'chat.v1, chat.v2',
        cookie: 'a=b',
        origin: 'https://app.example.com',
      });
      await socket.untilAnswered();
      assert.equal(socket.status, 200);
      assert.equal(socket.headers['sec-websocket-protocol'], 'chat.v2');
      for (const name of ['sec-websocket-accept', 'upgrade', 'connection'])
        assert.equal(socket.headers[name], undefined, name);
      const { url, method, headers } = service.latest.request!;
      assert.deepEqual([method, url], ['GET', '/chat?room=1']);
      assert.equal(headers['cookie'], 'a=b');
      assert.equal(headers['origin'], 'https://app.example.com');
      assert.equal(headers['x-forwarded-proto'], scheme);
      assert.match(headers['via']!, /^2\.0 octopus/);
      assert.equal(headers['transfer-encoding'], undefined);
      socket.write(clientFrame('hello'));
      await socket.untilReceived(serverFrame('hello'));
      socket.write(clientFrame('\x0f\xa0', 8));
      await eventually(async () => socket.ended, 'the end');
      socket.stream.end();
      await eventually(async () => socket.closed, 'the stream to close');
      assert.equal((await service.latest.untilClosed()).code, 4000);
      assert.equal(socket.stream.rstCode, 0);
    });

    it('refusals are responses; no 2xx but that of a tunnel', async (context) => {
      if (!client) return context.skip('openssl is not installed');
      const statusOf = async (path: string, more = {}): Promise<number> => {
        const socket = new StreamSocket(client, path, more);
        await socket.untilAnswered();
        await eventually(async () => socket.closed, 'the stream to close');
        return socket.status;
      };
      assert.equal(await statusOf('/off'), 501);
      assert.equal(await statusOf('/status/404'), 404);
      assert.equal(await statusOf('/pages', { origin: 'https://evil.example' }), 403);
      assert.equal(await statusOf('/raw', { 'sec-websocket-version': '8' }), 426);
      assert.equal(await statusOf('/plain'), 502);
      assert.equal(await statusOf('/respond'), 502);
      assert.equal(await statusOf('/raw', { ':protocol': 'connect-udp' }), 501);
    });

    it('half-close both ways', async (context) => {
      if (!client) return context.skip('openssl is not installed');
      const first = await open();
      first.socket.stream.end(Buffer.from(clientFrame('last'), 'latin1'));
      assert.equal(await first.server.closed(), 'end');
      assert.equal(first.server.received, clientFrame('last'));
      first.server.write(serverFrame('answer'));
      await first.socket.untilReceived(serverFrame('answer'));
      first.server.end();
      await eventually(async () => first.socket.closed, 'the stream to close');
      assert.equal(first.socket.stream.rstCode, 0);

      const second = await open();
      second.server.end();
      await eventually(async () => second.socket.ended, 'the end');
      second.socket.write(clientFrame('answer'));
      await arrives(second.server, clientFrame('answer'));
      second.socket.stream.end();
      await second.server.closed();
      await eventually(async () => second.socket.closed, 'the stream to close');
    });

    it('aborts both ways', async (context) => {
      if (!client) return context.skip('openssl is not installed');
      const first = await open();
      first.socket.stream.close(http2.constants.NGHTTP2_CANCEL);
      await first.server.closed();
      const second = await open();
      second.server.write(serverFrame('last words'));
      await second.socket.untilReceived(serverFrame('last words'));
      second.server.reset();
      await eventually(async () => second.socket.ended || second.socket.closed, 'the end');
      second.socket.stream.close();
    });

    it('5 MB each way beside other streams of the connection', async (context) => {
      if (!client) return context.skip('openssl is not installed');
      const { socket, server } = await open();
      const frame = serverFrame('x'.repeat(50_000));
      for (let i = 0; i < 100; i++) {
        server.write(frame);
        socket.write(frame);
      }
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => client.request({ ':path': '/plain', ':authority': 'a.test' })),
      );
      assert.ok(answers.every(({ status }) => status === 200));
      const all = frame.length * 100;
      await eventually(
        async () => socket.received.length === all && server.received.length === all,
        'all bytes both ways',
      );
      socket.stream.close();
      server.destroy();
    });

    it('C19 at SIGTERM a Close frame and no reset', async (context) => {
      if (!client) return context.skip('openssl is not installed');
      const leaving = await start(config());
      const session = await connect(leaving);
      const { socket, server } = await open(session);
      leaving.child.kill('SIGTERM');
      await socket.untilReceived(closeFrameText(1001, 'the gateway is shutting down'));
      const answer = clientFrame('\x03\xe9', 8);
      socket.write(answer);
      await arrives(server, answer);
      server.end();
      socket.stream.end();
      await eventually(async () => socket.closed, 'the stream to close');
      assert.equal(socket.stream.rstCode, 0);
      session.session.close();
      assert.deepEqual(await leaving.exited, { code: 0, signal: null });
      assert.match(leaving.log, /all requests are finished/);
      await leaving.stop();
    });

    it('leaves nothing behind', async (context) => {
      if (!client) return context.skip('openssl is not installed');
      for (const connection of tunnels.origin.connections) connection.destroy();
      await eventually(async () => {
        const metrics = await gateway.metrics();
        return (
          metrics.sum('octopus_websocket_connections') === 0 &&
          metrics.sum('octopus_endpoint_in_flight') === 0
        );
      }, 'all tunnels to be gone');
    });
  });
}
