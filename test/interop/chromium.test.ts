/** A real browser: WebSocket and EventSource of headless Chromium through the gateway. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { WebSocketServer } from 'ws';
import { Authority, type Pem } from '../support/certificates.ts';
import { CHROMIUM_FLAGS } from '../support/chromium.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type Found, findProgram, Running } from '../support/programs.ts';

const PATIENCE = 60_000;

/** Reports go straight to the service: the gateway may be gone by then. */
const page = (servicePort: number): string => `<!doctype html><title>test</title><script>
const report = (name, value) =>
  fetch('http://127.0.0.1:${servicePort}/report?' + name, { method: 'POST', mode: 'no-cors', body: JSON.stringify(value) });
const base = location.origin.replace('http', 'ws');
const socket = new WebSocket(base + '/ws?room=1', ['chat.v1']);
socket.binaryType = 'arraybuffer';
const got = [];
socket.onopen = () => { socket.send('grüße'); socket.send(new Uint8Array([1, 2, 255])); };
socket.onmessage = ({ data }) => {
  got.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
  if (got.length === 2) report('messages', { got, protocol: socket.protocol, extensions: socket.extensions });
};
socket.onclose = ({ code, reason, wasClean }) => report('close', { code, reason, wasClean });
const events = [];
const source = new EventSource('/events');
source.onmessage = ({ data, lastEventId }) => {
  events.push([data, lastEventId]);
  if (events.length === 3) report('events', events);
};
const foreign = new WebSocket(base + '/foreign');
foreign.onclose = ({ code }) => report('foreign', { code });
</script>`;

const reports = new Map<string, unknown>();
const lastEventIds: unknown[] = [];
/** Via of the latest handshake: it tells what the browser spoke with the gateway. */
let via: string | undefined;
let chromium: Found;
let certificate: Pem | null = null;
let server: http.Server;

before(async () => {
  chromium = await findProgram('chromium');
  if ('missing' in chromium) return;
  const authority = await Authority.create();
  certificate = authority?.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1' }) ?? null;
  server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://service');
    const port = (server.address() as net.AddressInfo).port;
    if (url.pathname === '/report') {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      reports.set(url.search.slice(1), JSON.parse(Buffer.concat(pieces).toString()));
      response.end();
    } else if (url.pathname === '/events') {
      lastEventIds.push(request.headers['last-event-id']);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // The first connection ends after two events; the browser comes back for the third.
      if (lastEventIds.length === 1) response.end('retry: 50\n\nid: 1\ndata: one\n\nid: 2\ndata: two\n\n');
      else response.write('id: 3\ndata: three\n\n');
    } else if (url.pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page(port));
    } else {
      response.writeHead(404).end();
    }
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } });
  sockets.on('connection', (socket, request) => {
    via = request.headers.via;
    socket.on('message', (data: Buffer, binary: boolean) => socket.send(data, { binary }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

after(() => {
  server?.closeAllConnections();
  server?.close();
});

for (const scheme of ['http', 'https'] as const) {
  describe(`Chromium, ${scheme}`, () => {
    let gateway: Gateway | null = null;
    let browser: Running | null = null;
    let folder = '';

    after(async () => {
      await browser?.stop('SIGTERM');
      await gateway?.stop();
      if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    const reported = (name: string): Promise<unknown> =>
      eventually(async () => reports.get(name) ?? null, `the report ${name}`, PATIENCE);

    it('messages, subprotocol, compression, foreign origin, events with reconnect, close code at SIGTERM', async (context) => {
      if ('missing' in chromium) return context.skip(chromium.missing);
      if (scheme === 'https' && certificate === null) return context.skip('openssl is not installed');
      reports.clear();
      lastEventIds.length = 0;
      folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-chromium-'));
      const address = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
      gateway = await startGateway(
        {
          ...(scheme === 'http' ? {} : { tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' } }),
          upstreams: [{ name: 'service', endpoints: [address] }],
          routes: [
            { path: '/foreign', upstream: 'service', websocket: { origins: ['https://app.example.com'] } },
            { path: '/*', upstream: 'service' },
          ],
        },
        { files: certificate === null ? {} : { 'cert.pem': certificate.cert, 'key.pem': certificate.key } },
      );
      const url =
        scheme === 'http' ? `http://127.0.0.1:${gateway.port}/` : `https://127.0.0.1:${gateway.tlsPort}/`;
      const flags = [...CHROMIUM_FLAGS, '--ignore-certificate-errors', `--user-data-dir=${folder}`];
      browser = new Running(chromium.path, [...flags, url]);
      assert.deepEqual(await reported('messages'), {
        got: ['grüße', [1, 2, 255]],
        protocol: 'chat.v1',
        extensions: 'permessage-deflate',
      });
      // Over TLS the browser uses the HTTP/2 connection of the page for its WebSockets (RFC 8441).
      assert.match(via!, scheme === 'http' ? /^1\.1 / : /^2\.0 /);
      assert.deepEqual(await reported('foreign'), { code: 1006 });
      assert.deepEqual(await reported('events'), [
        ['one', '1'],
        ['two', '2'],
        ['three', '3'],
      ]);
      assert.deepEqual(lastEventIds.slice(0, 2), [undefined, '2']);
      gateway.child.kill('SIGTERM');
      assert.deepEqual(await reported('close'), {
        code: 1001,
        reason: 'the gateway is shutting down',
        wasClean: true,
      });
    });
  });
}
