/** Rule D7 and the leak of Node 20: hostile HTTP/2 peers cost little, are let go of, and others are served meanwhile. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  framesOf,
  getRequest,
  HEADERS,
  headerBlock,
  number32,
  PING,
  PREFACE,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../support/http2-frames.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';

let gateway: Gateway;
let origin: HttpOrigin;
let arrived = 0;

before(async () => {
  origin = await startHttpOrigin((request, response) => {
    arrived++;
    if (request.url === '/slow') return;
    response.end('ok');
  });
  gateway = await startGateway(
    {
      server: {
        http2: { max_concurrent_streams: 100 },
        limits: { header_bytes: '32KB', header_timeout: '1s' },
      },
      upstreams: [{ name: 'origin', endpoints: [origin.address] }],
      routes: [{ path: '/*', upstream: 'origin' }],
    },
    { workers: 1 },
  );
});

after(async () => {
  await gateway?.stop();
  await origin?.close();
});

async function open(): Promise<RawClient> {
  const client = await RawClient.connect(gateway.port);
  client.write(PREFACE);
  client.write(frame(SETTINGS, 0, 0));
  await client.until(
    () => (framesOf(client).some(({ type }) => type === SETTINGS) ? true : null),
    'settings',
  );
  client.write(frame(SETTINGS, ACK, 0));
  return client;
}

async function othersAreServed(): Promise<void> {
  const client = await Http2Client.connect(`http://127.0.0.1:${gateway.port}`);
  assert.equal((await client.get('/')).body, 'ok');
  client.destroy();
}

function descriptors(): number {
  return readdirSync(`/proc/${gateway.pid}/fd`).length;
}

/** Writes as fast as the gateway reads, until it has had enough or the time is over, and has another client served meanwhile. */
async function flood(client: RawClient, bytes: Buffer, duration = 500): Promise<void> {
  const { socket } = client;
  const until = performance.now() + duration;
  const others = othersAreServed();
  while (client.closedHow === null && !socket.destroyed && performance.now() < until) {
    client.received = '';
    const written = new Promise((resolve) => socket.write(bytes, resolve));
    await Promise.race([written, pause(until - performance.now())]);
  }
  await others;
}

describe('one bad frame per connection', () => {
  const violations: readonly [string, Buffer][] = [
    ['DATA on stream 0', frame(DATA, 0, 0, Buffer.from('x'))],
    ['HEADERS on an even stream', getRequest(2, '/')],
    ['a frame over the limit', frame(DATA, 0, 1, Buffer.alloc(20_000))],
    ['a PING of the wrong size', frame(PING, 0, 0, Buffer.alloc(3))],
    ['a WINDOW_UPDATE of 0', frame(WINDOW_UPDATE, 0, 0, number32(0))],
    ['CONTINUATION of nothing', frame(CONTINUATION, END_HEADERS, 1)],
    [
      'a broken header block',
      frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0xff])),
    ],
    ['SETTINGS with a payload and ACK', frame(SETTINGS, ACK, 0, Buffer.alloc(6))],
  ];
  it('no descriptor and no connection is left behind, whatever the violation', async () => {
    const before = descriptors();
    const each = violations.flatMap((violation) => Array<(typeof violations)[number]>(12).fill(violation));
    const clients = await Promise.all(each.map(() => open()));
    assert.ok(descriptors() >= before + clients.length);
    for (const [index, client] of clients.entries()) {
      const [title, bytes] = each[index]!;
      assert.equal(client.closedHow, null, title);
      client.write(bytes);
      setTimeout(() => client.destroy(), 100);
    }
    await eventually(async () => descriptors() <= before + 3, 'the descriptors to be freed');
    const active = async () => (await gateway.metrics()).sum('octopus_active_connections');
    await eventually(async () => (await active()) === 0, 'the connections to be gone');
  });
});

describe('floods', () => {
  it('D7: rapid reset (CVE-2023-44487): hardly a request reaches the endpoint, then the connection ends', async () => {
    const rss = gateway.rss();
    const before = arrived;
    const client = await open();
    for (let batch = 0; batch < 60 && client.closedHow === null; batch++) {
      const frames: Buffer[] = [];
      for (let i = 0; i < 50; i++) {
        const stream = (batch * 50 + i) * 2 + 1;
        frames.push(getRequest(stream, '/slow'), frame(RST_STREAM, 0, stream, number32(8)));
      }
      client.write(Buffer.concat(frames));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await client.closed();
    assert.ok(arrived - before < 200, `${arrived - before} of 3000 requests reached the endpoint`);
    assert.ok(gateway.rss() - rss < 60_000_000, `memory grew by ${gateway.rss() - rss}`);
    await othersAreServed();
  });

  // What makes the gateway reset a stream that was fine until then.
  const provocations: Readonly<Record<string, (stream: number) => Buffer>> = {
    'a WINDOW_UPDATE of 0': (stream) => frame(WINDOW_UPDATE, 0, stream, number32(0)),
    'a window that overflows': (stream) => frame(WINDOW_UPDATE, 0, stream, number32(2 ** 31 - 1)),
    'DATA behind its end': (stream) =>
      Buffer.concat([frame(DATA, END_STREAM, stream), frame(DATA, 0, stream, Buffer.from('x'))]),
    'more DATA than its Content-Length': (stream) => frame(DATA, 0, stream, Buffer.from('too much')),
  };
  for (const [title, provoke] of Object.entries(provocations)) {
    it(`MadeYouReset (CVE-2025-8671), ${title}: streams that the gateway is made to reset do not pile up work`, async () => {
      const client = await open();
      const rss = gateway.rss();
      const before = arrived;
      for (let i = 0; i < 2000 && client.closedHow === null; i++) {
        const stream = i * 2 + 1;
        const request = getRequest(stream, '/slow', [['content-length', '1']], END_HEADERS);
        client.write(Buffer.concat([request, provoke(stream)]));
        if (i % 50 === 0) await pause(2);
      }
      await othersAreServed();
      assert.ok(arrived - before < 300, `${arrived - before} requests reached the endpoint`);
      assert.ok(gateway.rss() - rss < 60_000_000, `memory grew by ${gateway.rss() - rss}`);
      client.destroy();
    });
  }

  it('CONTINUATION (CVE-2024-27316): a head without end is refused long before it costs memory', async () => {
    const client = await open();
    const rss = gateway.rss();
    client.write(getRequest(1, '/', [], 0));
    const filler = frame(CONTINUATION, 0, 1, headerBlock([['x-filler', 'y'.repeat(8000)]]));
    await flood(client, filler, 10_000);
    assert.notEqual(client.closedHow, null);
    assert.ok(gateway.rss() - rss < 50_000_000, `memory grew by ${gateway.rss() - rss}`);
    await othersAreServed();
  });

  it('a header bomb of repeated references is 431 or ends the connection', async () => {
    const client = await open();
    const one = headerBlock([['x-bomb', 'z'.repeat(4000)]]);
    // Literal with incremental indexing, then thousands of one-byte references to it.
    one[0] = 0x40;
    const pseudo = headerBlock([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'a'],
      [':path', '/'],
    ]);
    const block = Buffer.concat([pseudo, one, Buffer.alloc(10_000, 0xbe)]);
    client.write(frame(HEADERS, END_STREAM | END_HEADERS, 1, block));
    await client.until(
      () => client.closedHow ?? (framesOf(client).some(({ stream }) => stream === 1) ? 'answered' : null),
      'an answer',
    );
    client.destroy();
    await othersAreServed();
  });

  const cheap: readonly { readonly title: string; readonly bytes: Buffer; readonly ends: boolean }[] = [
    { title: 'SETTINGS', bytes: frame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])), ends: true },
    { title: 'PING', bytes: frame(PING, 0, 0, Buffer.alloc(8)), ends: true },
    { title: 'empty DATA', bytes: frame(DATA, 0, 1), ends: true },
    // These call for no answer and leave nothing behind, so they may go on.
    { title: 'PRIORITY', bytes: frame(PRIORITY, 0, 3, Buffer.alloc(5)), ends: false },
    { title: 'WINDOW_UPDATE', bytes: frame(WINDOW_UPDATE, 0, 1, number32(1)), ends: false },
    { title: 'unknown frames', bytes: frame(0xbe, 0, 0, Buffer.alloc(4)), ends: false },
    { title: 'RST_STREAM of what has ended', bytes: frame(RST_STREAM, 0, 3, number32(8)), ends: false },
  ];
  for (const { title, bytes, ends } of cheap) {
    for (const reads of ends ? [true, false] : [false]) {
      const peer = reads ? 'reads' : 'does not read';
      const outcome = ends ? 'the connection ends' : 'memory stays flat';
      it(`${title} by a peer that ${peer} the answers: ${outcome}, others are served`, async () => {
        const rss = gateway.rss();
        const client = await open();
        client.write(Buffer.concat([getRequest(1, '/slow', [], END_HEADERS), getRequest(3, '/')]));
        if (!reads) client.socket.pause();
        await flood(client, Buffer.concat(Array(500).fill(bytes)), ends ? 5_000 : 500);
        client.socket.resume();
        if (ends) await client.closed();
        client.destroy();
        assert.ok(gateway.rss() - rss < 60_000_000, `memory grew by ${gateway.rss() - rss}`);
      });
    }
  }

  it('a thousand open streams: no more than the limit is served at once', async () => {
    const client = await open();
    const before = arrived;
    const frames = Array.from({ length: 1000 }, (_, i) => getRequest(i * 2 + 1, '/slow'));
    client.write(Buffer.concat(frames));
    await eventually(async () => arrived - before >= 100 || client.closedHow !== null, 'the first to arrive');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(arrived - before <= 100, `${arrived - before} requests at once`);
    client.destroy();
    await othersAreServed();
  });

  it('a preface without anything after it, and half a head, are let go of', async () => {
    const silent = await RawClient.connect(gateway.port);
    silent.write(PREFACE.slice(0, 10));
    await silent.closed();
    const half = await RawClient.connect(gateway.port);
    half.write(PREFACE);
    half.write(frame(SETTINGS, 0, 0));
    half.write(getRequest(1, '/', [], 0));
    await half.closed();
  });
});
