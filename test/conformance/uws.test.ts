/** The other conformance tests on the engine uws, and what its lists say about them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { skippedTitles } from '../support/engine-under-test.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { okResponse, RecordingOrigin } from '../support/origin.ts';
import type { RawClient } from '../support/raw-client.ts';
import { runOnUws, withoutUws } from '../support/uws.ts';
import { message, valuesOf } from '../support/wire.ts';

const FILES = [
  'conformance/bodies',
  'conformance/connections',
  'conformance/content',
  'conformance/errors',
  'conformance/expect',
  'conformance/forwarding',
  'conformance/limits',
  'conformance/paths',
  'conformance/retries',
];
const skip = withoutUws();
/** More than sockets and gateway take without a reader. Bytes. */
const LARGE = 16 * 1024 * 1024;
/** µWebSockets.js gives up after eight to twelve seconds. */
const NATIVE_PATIENCE = 13_000;

describe('the engine uws', { skip, concurrency: true }, () => {
  const inSoak = process.env['OCTOPUS_SOAK'] ? false : 'takes long; only with OCTOPUS_SOAK=1';
  it('the scripted tests pass on the engine uws, but for those that its lists name', {
    skip: inSoak,
  }, async () => {
    const { code, output } = await runOnUws(FILES);
    const lines = output.split('\n').map((line) => line.trim());
    const failed = lines.filter((line) => line.startsWith('not ok'));
    assert.equal(code, 0, failed.join('\n'));
    const skipped = lines.flatMap((line) => /^ok \d+ - (.*) # SKIP known of/.exec(line)?.[1] ?? []);
    assert.deepEqual(skipped.map((title) => title.replaceAll('\\', '')).sort(), skippedTitles().toSorted());
  });

  let gateway: Gateway;
  let origin: RecordingOrigin;

  before(async () => {
    origin = await new RecordingOrigin(({ target, body }) =>
      okResponse(target === '/large' ? 'x'.repeat(LARGE) : `${body.length} bytes`),
    ).listen();
    gateway = await startGateway(
      {
        server: { limits: { header_bytes: '32KB', header_count: 100, header_timeout: '1s' } },
        upstreams: [{ name: 'origin', endpoints: [origin.address] }],
        routes: [
          { path: '/here', respond: { status: 200, body: 'made here' } },
          ...['/take', '/large', '/socket'].map((path) => ({ path, upstream: 'origin' })),
        ],
      },
      { args: ['--engine', 'uws'] },
    );
  });
  after(async () => {
    await gateway?.stop();
    await origin?.close();
  });

  const fields = (count: number): string[] => Array.from({ length: count }, (_, index) => `x${index}: y`);
  const send = async (bytes: string): Promise<RawClient> => {
    const client = await gateway.connect();
    client.write(bytes);
    return client;
  };
  const statusOf = async (bytes: string): Promise<number> => {
    const client = await send(bytes);
    const { status, fields } = await client.response();
    assert.equal(valuesOf(fields, 'server').length, 0, 'no banner (rule B12)');
    assert.deepEqual(
      fields.filter(([name]) => /websockets/i.test(name)),
      [],
    );
    client.destroy();
    return status;
  };

  it('A13 a head of nearly 4 KB is served, a larger one gets 431', async () => {
    const line = 'GET /here HTTP/1.1';
    assert.equal(await statusOf(message(line, 'Host: a', `X: ${'y'.repeat(3_900)}`)), 200);
    assert.equal(await statusOf(message(line, 'Host: a', `X: ${'y'.repeat(4_200)}`)), 431);
  });

  it('A13 a head without an end is closed', async () => {
    const client = await send(`GET /here HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(50_000)}`);
    await client.closed();
    assert.equal(client.received, '');
  });

  it('A13 48 fields are served, more are not', { skip: inSoak }, async () => {
    assert.equal(await statusOf(message('GET /here HTTP/1.1', 'Host: a', ...fields(47))), 200);
    const client = await send(message('GET /here HTTP/1.1', 'Host: a', ...fields(48)));
    await client.closed(30_000);
    assert.equal(client.received, '');
  });

  it('A16 100 comes before a refusal', async () => {
    const client = await send(
      message('POST /nowhere HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue'),
    );
    assert.equal((await client.response('POST')).status, 100);
    assert.equal((await client.response('POST')).status, 404);
    client.destroy();
  });

  it('C11 a WebSocket handshake gets 501', async () => {
    const handshake = message(
      'GET /socket HTTP/1.1',
      'Host: a',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
    );
    assert.equal(await statusOf(handshake), 501);
    assert.ok(!origin.seen.some(({ target }) => target === '/socket'));
  });

  it('C18 a slow head is served, whatever header_timeout says', async () => {
    const client = await send('GET /here HTTP/1.1\r\n');
    await pause(2_500);
    client.write('Host: a\r\n\r\n');
    assert.equal((await client.response()).status, 200);
    client.destroy();
  });

  it('C18 an upload may pause for longer than the native server would wait', { skip: inSoak }, async () => {
    const client = await send(`${message('POST /take HTTP/1.1', 'Host: a', 'Content-Length: 6')}one`);
    await pause(NATIVE_PATIENCE);
    client.write('two');
    assert.equal((await client.response('POST')).body, '6 bytes');
    client.destroy();
  });

  it('C17 C18 so may a client that reads a large response', { skip: inSoak }, async () => {
    const client = await send(message('GET /large HTTP/1.1', 'Host: a'));
    client.socket.pause();
    await pause(NATIVE_PATIENCE);
    client.socket.resume();
    const { complete, body } = await client.response('GET', 60_000);
    assert.ok(complete);
    assert.equal(body.length, LARGE);
    client.destroy();
  });

  it('C18 an idle connection is closed after ten seconds', { skip: inSoak }, async () => {
    const client = await send(message('GET /here HTTP/1.1', 'Host: a'));
    assert.equal((await client.response()).status, 200);
    const start = performance.now();
    await client.closed(30_000);
    assert.ok(performance.now() - start > 5_000);
  });
});
