/** Streams beside each other: flow control, cancellation, truncation, draining. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client, responseOf } from '../support/http2-client.ts';

const LARGE = 8_000_000;
const CHUNK = Buffer.alloc(64 * 1024, 'x');

describe('HTTP/2 streams', () => {
  let gateway: Gateway;
  let service: http.Server;
  /** Bytes of /large that the service could write so far. */
  let written = 0;
  let cancelled = 0;
  let received = 0;
  const held: http.ServerResponse[] = [];

  function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    response.on('close', () => {
      if (!response.writableFinished) cancelled++;
    });
    switch (request.url) {
      case '/large': {
        let left = LARGE;
        const more = (): void => {
          while (left > 0 && !response.destroyed) {
            const piece = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
            left -= piece.length;
            written += piece.length;
            if (!response.write(piece)) return;
          }
          if (left === 0) response.end();
        };
        response.on('drain', more);
        more();
        break;
      }
      case '/hold':
        response.write('begun');
        held.push(response);
        break;
      case '/cut':
        response.writeHead(200, { 'content-length': 100 });
        response.write('short');
        setImmediate(() => request.socket.destroy());
        break;
      case '/count':
        request.on('data', (chunk: Buffer) => {
          received += chunk.length;
        });
        request.on('end', () => response.end(String(received)));
        break;
      case '/slow-reader':
        request.pause();
        held.push(response);
        break;
      default:
        response.end('ok');
    }
  }

  before(async () => {
    service = http.createServer(serve);
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    gateway = await startGateway(
      {
        server: { shutdown_timeout: '10s', http2: { max_concurrent_streams: 50 } },
        routing: { retries: 0 },
        upstreams: [{ name: 'service', endpoints: [`127.0.0.1:${port}`] }],
        routes: [{ path: '/*', upstream: 'service' }],
      },
      { workers: 1 },
    );
  });

  after(async () => {
    await gateway?.stop();
    service?.closeAllConnections();
    service?.close();
  });

  const connect = (): Promise<Http2Client> => Http2Client.connect(`http://127.0.0.1:${gateway.port}`);

  it('C17: a client that does not read one stream slows its endpoint and no other stream', async () => {
    const client = await connect();
    written = 0;
    const slow = client.stream({ ':path': '/large' });
    await once(slow, 'response');
    let before = -1;
    await eventually(async () => {
      const same = written === before;
      before = written;
      if (!same) await new Promise((resolve) => setTimeout(resolve, 200));
      return same;
    }, 'the endpoint to be slowed');
    assert.ok(written < LARGE, `all ${written} bytes were read ahead`);
    assert.equal((await client.get('/other')).body, 'ok');
    let size = 0;
    slow.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    await once(slow, 'close');
    assert.equal(size, LARGE);
    client.destroy();
  });

  it('C17: an endpoint that does not read slows the upload and no other stream', async () => {
    const client = await connect();
    const stream = client.stream({ ':path': '/slow-reader', ':method': 'POST' }, { endStream: false });
    let sent = 0;
    for (; sent < LARGE * 4; sent += CHUNK.length) {
      if (!stream.write(CHUNK) && !(await settles(once(stream, 'drain'), 700))) break;
    }
    assert.ok(sent < LARGE * 4, 'the upload was never slowed');
    assert.equal((await client.get('/other')).body, 'ok');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    client.destroy();
  });

  it('many streams at once, each with its own body', async () => {
    const client = await connect();
    const bodies = await Promise.all(
      Array.from({ length: 45 }, (_, i) =>
        client.request({ ':path': `/p${i}`, ':method': 'POST' }, 'y'.repeat(i * 1000)),
      ),
    );
    assert.deepEqual([...new Set(bodies.map(({ status, body }) => `${status} ${body}`))], ['200 ok']);
    client.destroy();
  });

  it('a body that turns out to be empty ends, although its end came before anybody read', async () => {
    const client = http2.connect(`http://127.0.0.1:${gateway.port}`);
    try {
      const stream = client.request({ ':method': 'POST', ':path': '/count' }, { endStream: false });
      stream.end();
      const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
      assert.equal(headers[':status'], 200);
      stream.resume();
      await once(stream, 'close');
    } finally {
      client.destroy();
    }
  });

  it('streams over the limit wait at a client that knows it, and none is lost', async () => {
    const client = await connect();
    assert.equal(client.session.remoteSettings.maxConcurrentStreams, 50);
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => client.get(`/n${i}`)));
    assert.ok(answers.every(({ status }) => status === 200));
    client.destroy();
  });

  it('a reset stream cancels its endpoint, and only that', async () => {
    const client = await connect();
    const stream = client.stream({ ':path': '/hold' });
    await once(stream, 'data');
    const before = cancelled;
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await eventually(async () => cancelled === before + 1, 'the endpoint to see the cancellation');
    assert.equal((await client.get('/other')).body, 'ok');
    await gateway.logLine((line) => line['path'] === '/hold' && line['status'] === 499, '499 in the log');
    client.destroy();
  });

  it('a client that goes away cancels all its streams', async () => {
    const client = await connect();
    const streams = Array.from({ length: 5 }, () => client.stream({ ':path': '/hold' }));
    await Promise.all(streams.map((stream) => once(stream, 'data')));
    const before = cancelled;
    client.destroy();
    await eventually(async () => cancelled === before + 5, 'the endpoints to see it');
  });

  it('C2: a response cut short is reset, never ended', async () => {
    const client = await connect();
    const answer = await client.get('/cut');
    assert.equal(answer.rstCode, http2.constants.NGHTTP2_INTERNAL_ERROR);
    assert.equal((await client.get('/other')).body, 'ok');
    client.destroy();
  });

  it('C19: draining says GOAWAY, finishes what is in flight, then closes', async () => {
    const client = await connect();
    held.length = 0;
    const stream = client.stream({ ':path': '/hold' });
    const answer = responseOf(stream);
    await eventually(async () => held.length === 1, 'the request to arrive');
    const stopped = gateway.stop();
    await eventually(async () => client.goaways >= 2, 'two GOAWAY frames');
    held[0]!.end(' and done');
    const { status, body, rstCode } = await answer;
    assert.deepEqual([status, body, rstCode], [200, 'begun and done', 0]);
    assert.equal((await stopped).code, 0);
  });
});

function settles(event: Promise<unknown>, patience: number): Promise<boolean> {
  return Promise.race([
    event.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), patience)),
  ]);
}
