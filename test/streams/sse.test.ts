/** Server-sent events through a gateway. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, type IncomingHttpHeaders } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { EventSource } from 'undici';
import { atBest } from '../support/at-best.ts';
import { EventClient, EventService } from '../support/event-source.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';

/** One that takes bodies piece by piece, and one that wants them whole. */
const UPPER = `export const plugin = {
  name: 'upper', version: '1.0.0',
  setup: () => ({ onResponseBody: (exchange, chunk) => Buffer.from(Buffer.from(chunk).toString().toUpperCase()) }),
};`;
const WHOLE = `export const plugin = {
  name: 'whole', version: '1.0.0', wholeBody: { response: 1000 },
  setup: () => ({
    onResponse(exchange, response) { response.headers.delete('content-length'); },
    onResponseBody: () => Buffer.from('replaced'),
  }),
};`;

let service: EventService;
let gateway: Gateway;
let config: GatewayConfig;

before(async () => {
  service = await new EventService().start();
  const upstream = 'service';
  config = {
    plugins: [
      { name: 'upper', path: './upper.mjs' },
      { name: 'whole', path: './whole.mjs' },
    ],
    upstreams: [
      { name: 'service', endpoints: [service.address], timeouts: { idle: '400ms', total: '600ms' } },
      { name: 'pipelined', endpoints: [service.address], pipelining: 8 },
    ],
    routing: { sse: { heartbeat: '300ms' }, timeout: '30s' },
    routes: [
      { path: '/quiet', upstream, sse: { heartbeat: '0s' } },
      { path: '/impatient', upstream, sse: { heartbeat: '0s', idle_timeout: '300ms' } },
      { path: '/compressed', upstream, middleware: ['compression'], sse: { heartbeat: '0s' } },
      { path: '/upper', upstream, middleware: ['upper'] },
      { path: '/whole', upstream, middleware: ['whole'] },
      { path: '/pipelined', upstream: 'pipelined' },
      { path: '/*', upstream },
    ],
  };
  gateway = await startGateway(config, { files: { 'upper.mjs': UPPER, 'whole.mjs': WHOLE } });
});

after(async () => {
  await gateway?.stop();
  await service?.stop();
});

const open = (path: string, headers = {}): Promise<EventClient> =>
  EventClient.open(gateway.port, path, headers);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('E4 passing', () => {
  it('the head comes before the first event, each event when it is sent', async () => {
    const client = await open('/quiet');
    assert.equal(client.status, 200);
    assert.equal(client.headers['content-type'], 'text/event-stream');
    assert.equal(client.text, '');
    for (const number of [1, 2, 3]) {
      service.latest.send(`data: ${number}\n\n`);
      await client.until(`data: ${number}\n\n`);
    }
    service.latest.send('data: half');
    await client.until('data: half');
    service.latest.response.end(' done\n\n');
    assert.equal(await client.untilEnded(), 'end');
    assert.equal(client.text, 'data: 1\n\ndata: 2\n\ndata: 3\n\ndata: half done\n\n');
  });

  it('an EventSource of undici reconnects with Last-Event-ID', async () => {
    const source = new EventSource(`http://127.0.0.1:${gateway.port}/quiet`);
    const received: string[] = [];
    source.onmessage = (event): void => void received.push(event.data);
    await eventually(async () => source.readyState === EventSource.OPEN, 'the stream');
    service.latest.send('retry: 50\n\nid: 41\ndata: one\n\n');
    await eventually(async () => received.length === 1, 'the first event');
    const known = service.streams.length;
    service.latest.response.end();
    await eventually(async () => service.streams.length > known, 'another connection');
    assert.equal(service.latest.request.headers['last-event-id'], '41');
    service.latest.send('data: two\n\n');
    await eventually(async () => received.length === 2, 'the second event');
    source.close();
    assert.deepEqual(received, ['one', 'two']);
  });

  it('nothing is compressed, whatever the client would take', async () => {
    const client = await open('/compressed', { 'accept-encoding': 'gzip, br' });
    assert.equal(client.headers['content-encoding'], undefined);
    service.latest.send(`data: ${'x'.repeat(10_000)}\n\n`);
    await client.until(`${'x'.repeat(10_000)}\n\n`);
    client.close();
  });

  it('plugins that take bodies piece by piece see it, those that want them whole do not', async () => {
    const upper = await open('/upper');
    service.latest.send('data: hello\n\n');
    await upper.until('DATA: HELLO\n\n');
    upper.close();
    const whole = await open('/whole');
    service.latest.send('data: hello\n\n');
    await whole.until('data: hello\n\n');
    whole.close();
    const plain = await open('/whole?type=text/plain');
    service.latest.response.end('data: hello\n\n');
    await plain.until('replaced');
    assert.equal(await plain.untilEnded(), 'end');
  });
});

describe('E4 time', () => {
  it('neither timeouts.idle nor timeouts.total cut a stream of events; they cut other bodies', async () => {
    const client = await open('/quiet');
    const other = await open('/quiet?type=text/plain');
    assert.equal(await other.untilEnded(), 'cut');
    await sleep(500);
    assert.equal(client.ended, null);
    service.streams.at(-2)!.send('data: still there\n\n');
    await client.until('still there');
    client.close();
  });

  it('sse.idle_timeout cuts a stream on which nothing comes', async () => {
    const client = await open('/impatient');
    const startedAt = performance.now();
    service.latest.send('data: 1\n\n');
    assert.equal(await client.untilEnded(), 'cut');
    assert.ok(performance.now() - startedAt >= 290);
    assert.equal(client.text, 'data: 1\n\n');
  });

  it('routing.sse.idle_timeout is for every route that does not say otherwise', async () => {
    const all = { sse: { idle_timeout: '300ms' } };
    const routes = [
      { path: '/own', upstream: 'service', sse: { idle_timeout: '1h' } },
      { path: '/*', upstream: 'service' },
    ];
    const other = await startGateway({ ...config, plugins: [], routing: all, routes });
    const [own, client] = [
      await EventClient.open(other.port, '/own'),
      await EventClient.open(other.port, '/all'),
    ];
    assert.equal(await client.untilEnded(), 'cut');
    assert.equal(own.ended, null);
    own.close();
    await other.stop();
  });

  it('sse.heartbeat: comments while the service is silent, never within an event', async () => {
    const client = await open('/beat');
    await client.until(':\n\n');
    service.latest.send('data: 1\n');
    await client.until('data: 1\n');
    const received = client.text.length;
    await sleep(900);
    assert.equal(client.text.length, received, 'nothing between the lines of an event');
    service.latest.send('data: 2\r\n\r\n');
    await client.until('\r\n\r\n:\n\n:\n\n');
    assert.deepEqual(client.lines, ['data: 1', 'data: 2\r', '\r']);
    assert.match(client.text, /^(:\n\n)+data: 1\ndata: 2\r\n\r\n(:\n\n)+$/);
    client.close();
  });

  it('sse.heartbeat: none on other types and on encoded streams', async () => {
    const clients = [
      await open('/beat?type=text/event-stream&coding=gzip'),
      await open('/beat?type=application/x-ndjson'),
    ];
    await sleep(700);
    for (const client of clients) {
      assert.equal(client.text, '');
      client.close();
    }
  });
});

describe('E4 the client goes away', () => {
  for (const path of ['/quiet', '/beat', '/upper', '/pipelined', '/quiet/late']) {
    it(`${path}: the service learns it within a second`, async () => {
      await atBest(1_000, async () => {
        const known = service.streams.length;
        const client = new EventClient(gateway.port, path);
        await eventually(async () => service.streams.length > known, 'the request');
        if (!path.endsWith('late')) await eventually(async () => client.status === 200, 'the head');
        const { latest } = service;
        latest.send(': first\n\n');
        if (!path.endsWith('late')) await client.until('\n\n');
        const startedAt = performance.now();
        client.close();
        await eventually(async () => latest.closedAt !== 0, 'the service to see it');
        return latest.closedAt - startedAt;
      });
    });
  }
});

describe('E4 over HTTP/2', () => {
  it('events and heartbeats pass at once; a stream that is cancelled is cancelled at the service', async () => {
    const client = await Http2Client.connect(`http://127.0.0.1:${gateway.port}`);
    const stream = client.stream({ ':path': '/beat', ':authority': 'a' });
    let text = '';
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    assert.equal(headers['content-type'], 'text/event-stream');
    service.latest.send('data: 1\n\n');
    await eventually(async () => text.includes('data: 1\n\n:\n\n'), 'an event and a heartbeat');
    const { latest } = service;
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(async () => latest.closedAt !== 0, 'the service to see it', 5_000);
    client.session.destroy();
  });
});

// At the same time, as most of it is waiting: each test has targets of its own.
describe('C19 SIGTERM', { concurrency: true }, () => {
  const leave = async (timeout: string, server = {}): Promise<Gateway> =>
    startGateway(
      { ...config, server: { shutdown_timeout: timeout, ...server }, routing: {} },
      { workers: 1, files: { 'upper.mjs': UPPER, 'whole.mjs': WHOLE } },
    );

  it('streams end complete, behind an event, before the deadline; those in an event are cut', async () => {
    const leaving = await leave('3s');
    const between = await EventClient.open(leaving.port, '/between');
    const filtered = await EventClient.open(leaving.port, '/upper');
    const within = await EventClient.open(leaving.port, '/within');
    const fromService = ['/between', '/upper', '/within'].map((target) => service.of(target));
    for (const [index, text] of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n'].entries())
      fromService[index]!.send(text);
    await Promise.all([between.until('1\n\n'), filtered.until('2\n\n'), within.until('3\n')]);
    const startedAt = performance.now();
    leaving.child.kill('SIGTERM');
    assert.equal(await between.untilEnded(), 'end');
    assert.equal(await filtered.untilEnded(), 'end');
    assert.ok(performance.now() - startedAt >= 2_200);
    assert.equal(await within.untilEnded(), 'cut');
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    await eventually(async () => fromService.every((stream) => stream.closedAt !== 0), 'the service to know');
    assert.equal(between.text, 'data: 1\n\n');
    assert.equal(filtered.text, 'DATA: 2\n\n');
    await leaving.stop();
  });

  it('an answer that is being streamed is finished first', async () => {
    const leaving = await leave('10s');
    const client = await EventClient.open(leaving.port, '/answer');
    const latest = service.of('/answer');
    latest.send('data: token\n\n');
    await client.until('token');
    leaving.child.kill('SIGTERM');
    await leaving.logLine((line) => line['message'] === 'shutting down', 'shutting down');
    for (let i = 0; i < 10; i++) {
      await sleep(100);
      latest.send(`data: ${i}\n\n`);
    }
    latest.response.end('data: [DONE]\n\n');
    assert.equal(await client.untilEnded(), 'end');
    assert.match(client.text, /data: 9\n\ndata: \[DONE\]\n\n$/);
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    await leaving.stop();
  });

  it('a stream that begins after the signal ends in good order too', async () => {
    const leaving = await leave('3s');
    const client = new EventClient(leaving.port, '/begin/late');
    await eventually(async () => service.of('/begin/late') !== undefined, 'the request');
    leaving.child.kill('SIGTERM');
    await leaving.logLine((line) => line['message'] === 'shutting down', 'shutting down');
    const { response } = service.of('/begin/late');
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    assert.equal(await client.untilEnded(), 'end');
    assert.equal(client.text, 'data: 1\n\n');
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    await leaving.stop();
  });

  it('over HTTP/2 the stream ends, it is not reset', async () => {
    const leaving = await leave('2s');
    const client = await Http2Client.connect(`http://127.0.0.1:${leaving.port}`);
    const stream = client.stream({ ':path': '/h2', ':authority': 'a' });
    let text = '';
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await once(stream, 'response');
    service.of('/h2').send('data: 1\n\n');
    await eventually(async () => text === 'data: 1\n\n', 'the event');
    const closed = once(stream, 'close');
    leaving.child.kill('SIGTERM');
    await closed;
    assert.equal(stream.rstCode, 0);
    assert.equal(text, 'data: 1\n\n');
    client.session.close();
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    await leaving.stop();
  });

  it('a stream that waits for news ends at once', async () => {
    const leaving = await leave('30s');
    const client = await EventClient.open(leaving.port, '/news');
    service.of('/news').send('data: 1\n\n');
    await sleep(5_100);
    const startedAt = performance.now();
    leaving.child.kill('SIGTERM');
    assert.equal(await client.untilEnded(), 'end');
    // Half of the time that the others have.
    assert.ok(performance.now() - startedAt < 12_000);
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    await leaving.stop();
  });

  it('on the engine uws too', async (context) => {
    let leaving: Gateway;
    try {
      leaving = await leave('2s', { engine: 'uws' });
    } catch (error) {
      // An optional dependency with native builds for some versions of Node only.
      if (/engine uws: /.test(String(error))) return context.skip(String(error).slice(0, 200));
      throw error;
    }
    const client = new EventClient(leaving.port, '/uws');
    await eventually(async () => service.of('/uws') !== undefined, 'the request');
    service.of('/uws').send('data: 1\n\n');
    await client.until('1\n\n');
    leaving.child.kill('SIGTERM');
    assert.equal(await client.untilEnded(), 'end');
    assert.equal(client.text, 'data: 1\n\n');
    assert.deepEqual(await leaving.exited, { code: 0, signal: null });
    await leaving.stop();
  });
});
