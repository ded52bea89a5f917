/** A client that goes away cancels its upstream request at once, in every phase of the exchange. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { atBest } from '../support/at-best.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type OriginConnection, okResponse, ScriptedOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { message } from '../support/wire.ts';

let gateway: Gateway;
let origin: ScriptedOrigin;
/** Connections whose request the origin has. */
let busy: OriginConnection[] = [];

before(async () => {
  origin = await new ScriptedOrigin(async (connection) => {
    let head = await connection.head();
    if (head.startLine.includes('/first')) {
      connection.write(okResponse('first'));
      head = await connection.head();
    }
    if (head.startLine.includes('/body')) {
      connection.write(`${message('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\n`);
    }
    busy.push(connection);
    await connection.closed();
    connection.destroy();
  }).listen();
  gateway = await startGateway({
    routing: { timeout: '60s', retries: 3 },
    upstreams: [{ name: 'origin', endpoints: [origin.address] }],
    routes: [{ path: '/*', upstream: 'origin' }],
  });
});

after(async () => {
  await gateway?.stop();
  await origin?.close();
});

const PHASES: Readonly<Record<string, string>> = {
  'waiting for the response': message('GET /head HTTP/1.1', 'Host: a'),
  'in the middle of the response body': message('GET /body HTTP/1.1', 'Host: a'),
  'in the middle of the upload': `${message('POST /head HTTP/1.1', 'Host: a', 'Content-Length: 1000000')}hello`,
  'in the second of two pipelined requests':
    message('GET /first HTTP/1.1', 'Host: a') + message('GET /head HTTP/1.1', 'Host: a'),
  'in the response body of the second of two pipelined requests':
    message('GET /first HTTP/1.1', 'Host: a') + message('GET /body HTTP/1.1', 'Host: a'),
  'behind a small upload': `${message('POST /head HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello`,
  'behind a chunked upload': `${message('POST /head HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
  'behind a small upload, in the middle of the response body': `${message('POST /body HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello`,
  'in the middle of a chunked upload': `${message('POST /head HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}5\r\nhello\r\n`,
};

describe('client abort', () => {
  for (const [phase, bytes] of Object.entries(PHASES)) {
    for (const how of ['reset', 'destroy'] as const) {
      it(`${phase} (${how}): the upstream connection is closed within a second`, async () => {
        await atBest(1_000, async () => {
          busy = [];
          const client = await RawClient.connect(gateway.port);
          client.write(bytes);
          await eventually(async () => busy.length > 0, 'the origin to have the request');
          if (phase.includes('response body'))
            await client.until(() => (client.received.includes('hello') ? true : null), 'the first bytes');
          client[how]();
          const start = performance.now();
          await busy[0]!.closed();
          const took = performance.now() - start;
          assert.equal(busy.length, 1, 'and not tried again');
          return took;
        });
      });
    }
  }

  it('leaves nothing in flight', async () => {
    await eventually(
      async () => !/"in_flight":\s*[1-9-]/.test(await (await gateway.admin('/_/upstreams')).text()),
      'in-flight counts of 0',
    );
  });
});
