/** Rule D7 and the leak of Node 20: hostile HTTP/2 peers cost little, are let go of, and others are served meanwhile. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
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

/** Writes until the gateway has had enough, or all was taken. */
async function flood(client: RawClient, bytes: Buffer, times: number): Promise<void> {
  for (let i = 0; i < times && client.closedHow === null && !client.socket.destroyed; i++) {
    client.write(bytes);
    client.received = '';
    if (i % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
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
    const opened: Promise<void>[] = [];
    for (const [title, bytes] of violations) {
      for (let i = 0; i < 12; i++) {
        opened.push(
          open().then((client) => {
            client.write(bytes);
            assert.equal(client.closedHow, null, title);
            setTimeout(() => client.destroy(), 100);
          }),
        );
      }
    }
    await Promise.all(opened);
    assert.ok(descriptors() > before + 50);
    await eventually(async () => descriptors() <= before + 3, 'the descriptors to be freed');
    const active = async () => (await gateway.metrics()).sum('octopus_active_connections');
    await eventually(async () => (await active()) === 0, 'the connections to be gone');
  });
});

describe('floods', () => {
  it('D7: rapid reset (CVE-2023-44487): hardly a request reaches the endpoint, then the connection ends', async () => {
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
    await othersAreServed();
  });

  it('MadeYouReset (CVE-2025-8671): streams that the gateway is made to reset do not pile up work', async () => {
    const client = await open();
    const before = arrived;
    for (let i = 0; i < 2000 && client.closedHow === null; i++) {
      const stream = i * 2 + 1;
      const request = getRequest(stream, '/slow', [], END_HEADERS);
      client.write(Buffer.concat([request, frame(WINDOW_UPDATE, 0, stream, number32(0))]));
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await client.closed();
    assert.ok(arrived - before < 1500, `${arrived - before} requests reached the endpoint`);
    await othersAreServed();
  });

  it('CONTINUATION (CVE-2024-27316): a head without end is refused long before it costs memory', async () => {
    const client = await open();
    const rss = gateway.rss();
    client.write(getRequest(1, '/', [], 0));
    const filler = frame(CONTINUATION, 0, 1, headerBlock([['x-filler', 'y'.repeat(8000)]]));
    await flood(client, filler, 20_000);
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

  const cheap: readonly [string, Buffer][] = [
    ['SETTINGS', frame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))],
    ['PING', frame(PING, 0, 0, Buffer.alloc(8))],
  ];
  for (const [title, bytes] of cheap) {
    it(`${title}: memory stays flat, whether the peer reads the answers or not`, async () => {
      const rss = gateway.rss();
      const client = await open();
      client.socket.pause();
      await flood(client, Buffer.concat(Array(500).fill(bytes)), 300);
      client.destroy();
      assert.ok(gateway.rss() - rss < 60_000_000, `memory grew by ${gateway.rss() - rss}`);
      await othersAreServed();
    });
  }

  it('empty DATA frames without end: the connection ends', async () => {
    const client = await open();
    client.write(getRequest(1, '/', [], END_HEADERS));
    await flood(client, Buffer.concat(Array(500).fill(frame(DATA, 0, 1))), 400);
    await othersAreServed();
    client.destroy();
  });

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
