/** One port for both: what the first bytes are decides, however they come. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { inParallel, positions, SEGMENT_GAP } from '../support/corpus-runner.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { ACK, frame, framesOf, getRequest, HEADERS, PREFACE, SETTINGS } from '../support/http2-frames.ts';
import type { RawClient } from '../support/raw-client.ts';
import { message, valuesOf } from '../support/wire.ts';

const FRAMES = [frame(SETTINGS, 0, 0), frame(SETTINGS, ACK, 0), getRequest(1, '/')];
const BYTES = PREFACE + Buffer.concat(FRAMES).toString('latin1');

describe('the plain port tells HTTP/2 from HTTP/1.1', () => {
  let gateway: Gateway;

  before(async () => {
    gateway = await startGateway({ routes: [{ path: '/*', respond: { status: 200, body: 'hi' } }] });
  });

  after(() => gateway?.stop());

  const answered = (client: RawClient, what: string): Promise<unknown> =>
    client.until(
      () => framesOf(client).find(({ type, stream }) => type === HEADERS && stream === 1) ?? null,
      `a response, ${what}`,
    );

  it('cut in two anywhere', async () => {
    await inParallel(positions(BYTES), 16, async (cut) => {
      const client = await gateway.connect();
      client.write(BYTES.slice(0, cut));
      await pause(SEGMENT_GAP);
      client.write(BYTES.slice(cut));
      await answered(client, `cut at ${cut}`);
      client.destroy();
    });
  });

  it('byte by byte', async () => {
    const client = await gateway.connect();
    for (const byte of BYTES) {
      client.write(byte);
      await pause(1);
    }
    await answered(client, 'byte by byte');
    client.destroy();
  });

  it('only as the first thing on a connection', async () => {
    const client = await gateway.connect();
    assert.equal((await client.request(message('GET / HTTP/1.1', 'Host: a'))).status, 200);
    client.write(BYTES);
    assert.equal((await client.response()).status, 505);
    await client.closed();
  });

  it('Upgrade: h2c is not heeded (RFC 9113 has given it up)', async () => {
    const client = await gateway.connect();
    const answer = await client.request(
      message(
        'GET / HTTP/1.1',
        'Host: a',
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABkAAQAAP__',
      ),
    );
    assert.equal(answer.status, 200);
    assert.deepEqual(valuesOf(answer.fields, 'upgrade'), []);
    client.destroy();
  });
});
