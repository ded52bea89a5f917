/** Event streams on every way through the gateway, and what happens when one of its ends, the routes or a worker change. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { atBest } from '../support/at-best.ts';
import { Authority } from '../support/certificates.ts';
import { EventClient, EventService } from '../support/event-source.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';

const DIE = `export const plugin = { name: 'die', version: '1.0.0', setup: () => ({ onRequest: () => process.exit(7) }) };`;

/** A stream at a service, whatever it speaks. */
interface Source {
  readonly lastEventId: string | undefined;
  closedAt: number;
  send(text: string): void;
  cut(): void;
}

const overHttp1 = new EventService();
const http2Sources: Source[] = [];
const overHttp2 = http2.createServer();
overHttp2.on('stream', (stream, headers) => {
  const source: Source = {
    lastEventId: headers['last-event-id'] as string | undefined,
    closedAt: 0,
    send: (text) => void stream.write(text),
    cut: () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
  };
  stream.on('error', () => undefined);
  stream.on('close', () => {
    source.closedAt = performance.now();
  });
  http2Sources.push(source);
  stream.respond({ ':status': 200, 'content-type': 'text/event-stream' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({}));
});

let certificate: { cert: string; key: string } | null;
let config: GatewayConfig;
let gateway: Gateway;

before(async () => {
  const authority = await Authority.create();
  certificate = authority?.issue('a.test', { names: 'DNS:a.test,IP:127.0.0.1' }) ?? null;
  await overHttp1.start();
  await new Promise<void>((resolve) => overHttp2.listen(0, '127.0.0.1', resolve));
  config = {
    ...(certificate === null ? {} : { tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' } }),
    plugins: [{ name: 'die', path: './die.mjs' }],
    upstreams: [
      { name: 'h1', endpoints: [overHttp1.address] },
      { name: 'h2', endpoints: [`127.0.0.1:${(overHttp2.address() as AddressInfo).port}`], protocol: 'h2' },
    ],
    routes: [
      { path: '/h1', upstream: 'h1', sse: { heartbeat: '200ms' } },
      { path: '/h2', upstream: 'h2', sse: { heartbeat: '200ms' } },
      { path: '/die', upstream: 'h1', middleware: ['die'] },
    ],
  };
  const files = certificate === null ? {} : { 'cert.pem': certificate.cert, 'key.pem': certificate.key };
  gateway = await startGateway(config, { files: { ...files, 'die.mjs': DIE } });
});

after(async () => {
  await gateway?.stop();
  await overHttp1.stop();
  overHttp2.close();
});

function latest(upstream: 'h1' | 'h2'): Source {
  if (upstream === 'h2') return http2Sources.at(-1)!;
  const stream = overHttp1.latest;
  return {
    lastEventId: stream.request.headers['last-event-id'] as string | undefined,
    get closedAt() {
      return stream.closedAt;
    },
    send: (text) => stream.send(text),
    cut: () => stream.request.socket.destroy(),
  };
}

/** A client that has the head. */
interface Reader {
  text: string;
  /** `end`: complete. `cut`: it broke before. */
  ended: 'end' | 'cut' | null;
  close(): void;
}

const headers = { 'last-event-id': '7', accept: 'text/event-stream', 'accept-encoding': 'gzip, br' };

async function overH1(path: string): Promise<Reader> {
  return EventClient.open(gateway.port, path, headers);
}

async function overTls(path: string): Promise<Reader> {
  const request = https.get({
    port: gateway.tlsPort,
    path,
    agent: false,
    rejectUnauthorized: false,
    headers,
  });
  const [response] = await once(request, 'response');
  const reader: Reader = { text: '', ended: null, close: () => request.destroy() };
  response.setEncoding('utf8').on('data', (piece: string) => (reader.text += piece));
  response.on('error', () => undefined);
  response.on('close', () => (reader.ended = response.complete ? 'end' : 'cut'));
  return reader;
}

async function overH2(url: string, path: string): Promise<Reader> {
  const session = http2.connect(url, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  const stream = session.request({ ':path': path, ...headers });
  const reader: Reader = { text: '', ended: null, close: () => stream.close(http2.constants.NGHTTP2_CANCEL) };
  stream.setEncoding('utf8').on('data', (piece: string) => (reader.text += piece));
  stream.on('error', () => undefined);
  stream.on('close', () => {
    reader.ended = stream.rstCode === 0 && stream.readableEnded ? 'end' : 'cut';
    session.close();
  });
  await once(stream, 'response');
  return reader;
}

const CLIENTS: Readonly<Record<string, (path: string) => Promise<Reader>>> = {
  'HTTP/1.1': overH1,
  'HTTP/1.1 over TLS': overTls,
  'HTTP/2': (path) => overH2(`http://127.0.0.1:${gateway.port}`, path),
  'HTTP/2 over TLS': (path) => overH2(`https://127.0.0.1:${gateway.tlsPort}`, path),
};
const has = (reader: Reader, text: string): Promise<boolean> =>
  eventually(async () => reader.text.includes(text), JSON.stringify(text));

for (const [name, connect] of Object.entries(CLIENTS)) {
  for (const upstream of ['h1', 'h2'] as const) {
    describe(`E4 ${name}, from a service with ${upstream}`, () => {
      const skips = (context: { skip(reason: string): void }): boolean => {
        if (!name.endsWith('TLS') || certificate !== null) return false;
        context.skip('openssl is not installed');
        return true;
      };

      it('head, events and heartbeats come at once, Last-Event-ID goes along, a leaving client ends it', async (context) => {
        if (skips(context)) return;
        await atBest(1_000, async () => {
          const reader = await connect(`/${upstream}`);
          const source = latest(upstream);
          assert.equal(source.lastEventId, '7');
          for (const number of [1, 2, 3]) {
            source.send(`data: ${number}\n\n`);
            await has(reader, `data: ${number}\n\n`);
          }
          await has(reader, 'data: 3\n\n:\n\n');
          const startedAt = performance.now();
          reader.close();
          await eventually(async () => source.closedAt !== 0, 'the service to see it');
          return source.closedAt - startedAt;
        });
      });

      it('a service that dies: what came before, then a cut, no end', async (context) => {
        if (skips(context)) return;
        const reader = await connect(`/${upstream}`);
        latest(upstream).send('data: last\n\n');
        await has(reader, 'data: last\n\n');
        latest(upstream).cut();
        assert.equal(await eventually(async () => reader.ended, 'the end'), 'cut');
      });
    });
  }
}

it('a reload touches no stream, not even that of a route and an upstream that are gone', async () => {
  const readers = await Promise.all([overH1('/h1'), CLIENTS['HTTP/2']!('/h2')]);
  const sources = [latest('h1'), latest('h2')];
  await gateway.reload({
    ...config,
    upstreams: [],
    plugins: [],
    routes: [{ path: '/*', respond: { body: 'gone' } }],
  });
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/h1`);
  assert.equal(await answer.text(), 'gone');
  for (const [index, reader] of readers.entries()) {
    sources[index]!.send('data: still here\n\n');
    await has(reader, 'data: still here\n\n');
    reader.close();
  }
  await eventually(async () => sources.every(({ closedAt }) => closedAt !== 0), 'their ends');
  await gateway.reload(config);
});

/** So many that both workers have some. */
const STREAMS = 40;

it('a worker that dies takes its own streams along and no other', async () => {
  const readers = await Promise.all(Array.from({ length: STREAMS }, () => overH1('/h1')));
  const sources = overHttp1.streams.slice(-STREAMS);
  const dying = await RawClient.connect(gateway.port);
  dying.write('GET /die HTTP/1.1\r\nHost: a\r\n\r\n');
  await dying.closed();
  await eventually(async () => readers.some(({ ended }) => ended === 'cut'), 'streams to be cut');
  await gateway.logLine(({ message }) => message === 'worker replaced', 'another worker');
  const alive = readers.filter(({ ended }) => ended === null);
  assert.ok(alive.length > 0 && alive.length < STREAMS, `${alive.length} of ${STREAMS} live on`);
  for (const { response } of sources) response.write('data: on\n\n');
  for (const reader of alive) await has(reader, 'data: on\n\n');
  for (const reader of alive) reader.close();
  await eventually(async () => sources.every(({ closedAt }) => closedAt !== 0), 'the service to know of all');
});
