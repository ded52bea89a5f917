/** Keys of `server.http2`, through a running gateway. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import { frame, framesOf, getRequest, PING, PREFACE, SETTINGS } from '../support/http2-frames.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';

describe('keys of server.http2', () => {
  let gateway: Gateway;
  let origin: HttpOrigin;

  const config = (http2: object = {}) => ({
    server: { http2 },
    upstreams: [{ name: 'origin', endpoints: [origin.address] }],
    routes: [{ path: '/*', upstream: 'origin' }],
  });

  before(async () => {
    origin = await startHttpOrigin((request, response) => {
      if (request.url !== '/hang') response.end('ok');
    });
    gateway = await startGateway(config(), { workers: 1 });
  });

  after(async () => {
    await gateway?.stop();
    await origin?.close();
  });

  const connect = (): Promise<Http2Client> => Http2Client.connect(`http://127.0.0.1:${gateway.port}`);

  it('max_concurrent_streams and stream_window', async () => {
    await gateway.reload(config({ max_concurrent_streams: 7, stream_window: '96KB' }));
    const client = await connect();
    const { maxConcurrentStreams, initialWindowSize } = client.session.remoteSettings;
    assert.deepEqual([maxConcurrentStreams, initialWindowSize], [7, 96 * 1024]);
    client.destroy();
  });

  it('ping_interval: a client that does not answer loses its connection, one that does keeps it', async () => {
    await gateway.reload(config({ ping_interval: '200ms' }));
    const silent = await gateway.connect();
    silent.write(PREFACE);
    silent.write(Buffer.concat([frame(SETTINGS, 0, 0), getRequest(1, '/hang')]));
    await silent.until(() => (framesOf(silent).some(({ type }) => type === PING) ? true : null), 'a PING');
    await silent.closed();
    const lively = await connect();
    let pings = 0;
    lively.session.on('ping', () => pings++);
    lively.stream({ ':path': '/hang' });
    await eventually(async () => pings >= 4, 'four PINGs');
    assert.equal((await lively.get('/')).body, 'ok');
    lively.destroy();
  });

  it('enabled: false leaves HTTP/1.1', async () => {
    await gateway.reload(config({ enabled: false }));
    const client = await gateway.connect();
    client.write(PREFACE);
    assert.ok((await client.final()).status >= 400);
    const old = await gateway.connect();
    assert.equal((await old.request('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).body, 'ok');
    old.end();
    await once(old.socket, 'close');
  });
});
