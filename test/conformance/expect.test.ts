/** Rule A16: Expect: 100-continue, after every check that can refuse the request without its body. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { it } from '../support/engine-under-test.ts';
import { okResponse } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { relay } from '../support/relay.ts';
import { message, valuesOf } from '../support/wire.ts';

const gateway = relay({
  responder: (request) => okResponse(`${request.body.length} bytes`),
  config: (origin) => ({
    server: { limits: { body: '1KB' } },
    plugins: [{ name: 'basic-auth', config: { users: [{ username: 'u', password: 'p' }] } }],
    upstreams: [{ name: 'origin', endpoints: [origin] }],
    routes: [
      { path: '/open', methods: ['POST'], upstream: 'origin' },
      { path: '/guarded', upstream: 'origin', middleware: ['basic-auth'] },
      { path: '/respond', respond: { status: 200, body: 'made here' } },
    ],
  }),
});

/** Sends only the head and gives what comes back before any byte of the body. */
async function head(
  ...lines: string[]
): Promise<{ client: RawClient; first: Awaited<ReturnType<RawClient['response']>> }> {
  const client = await RawClient.connect(gateway.gateway.port);
  client.write(message(...lines));
  return { client, first: await client.response() };
}

/** A refusal before the body: no 100, and no doubt about what the next bytes are. */
async function refusedAtOnce(status: number, ...lines: string[]): Promise<void> {
  const { client, first } = await head(...lines);
  try {
    assert.equal(first.status, status, first.body);
    if (valuesOf(first.fields, 'connection').some((value) => /\bclose\b/i.test(value))) {
      await client.closed();
      return;
    }
    // The connection stays open: then the gateway still takes the announced bytes for the body.
    const length = Number(/Content-Length: (\d+)/.exec(lines.join('\n'))?.[1]);
    client.write('x'.repeat(length));
    assert.equal((await client.request(message('GET /respond HTTP/1.1', 'Host: a'))).body, 'made here');
  } finally {
    client.destroy();
  }
}

describe('Expect: 100-continue', () => {
  it('A16 gets 100 before the body and then the response', async () => {
    const { client, first } = await head(
      'POST /open HTTP/1.1',
      'Host: a',
      'Content-Length: 5',
      'Expect: 100-continue',
    );
    assert.equal(first.status, 100);
    client.write('hello');
    assert.equal((await client.response('POST')).body, '5 bytes');
    assert.equal((await client.request(message('GET /respond HTTP/1.1', 'Host: a'))).body, 'made here');
    client.destroy();
  });

  it('A16 the value has no case, and works with chunks', async () => {
    const { client, first } = await head(
      'POST /open HTTP/1.1',
      'Host: a',
      'Transfer-Encoding: chunked',
      'Expect: 100-CONTINUE',
    );
    assert.equal(first.status, 100);
    client.write('5\r\nhello\r\n0\r\n\r\n');
    assert.equal((await client.response('POST')).body, '5 bytes');
    client.destroy();
  });

  it('A16 a client that does not wait for the 100 is served', async () => {
    const client = await RawClient.connect(gateway.gateway.port);
    client.write(
      `${message('POST /open HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue')}hello`,
    );
    const { status, body } = await client.final('POST');
    assert.equal(status, 200);
    assert.equal(body, '5 bytes');
    client.destroy();
  });

  it('A16 one that follows in a pipeline gets its 100 after the response before it', async () => {
    const client = await RawClient.connect(gateway.gateway.port);
    client.write(
      message('GET /respond HTTP/1.1', 'Host: a') +
        message('POST /open HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue'),
    );
    assert.equal((await client.response()).body, 'made here');
    assert.equal((await client.response()).status, 100);
    client.write('hello');
    assert.equal((await client.response('POST')).body, '5 bytes');
    client.destroy();
  });

  it('A16 no 100 for an HTTP/1.0 client', async () => {
    const client = await RawClient.connect(gateway.gateway.port);
    client.write(
      `${message('POST /open HTTP/1.0', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue')}hello`,
    );
    const { status, interim } = await client.final('POST');
    assert.equal(status, 200);
    assert.deepEqual(interim, []);
    client.destroy();
  });

  it('A16 any other expectation: 417', async () => {
    await refusedAtOnce(417, 'POST /open HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 200-ok');
    await refusedAtOnce(
      417,
      'POST /open HTTP/1.1',
      'Host: a',
      'Content-Length: 5',
      'Expect: 100-continue, x',
    );
  });

  it('A16 too large by Content-Length: 413 and no 100', () =>
    refusedAtOnce(413, 'POST /open HTTP/1.1', 'Host: a', 'Content-Length: 5000', 'Expect: 100-continue'));

  it('A16 no route: 404 and no 100', () =>
    refusedAtOnce(404, 'POST /nowhere HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue'));

  it('A16 method not allowed: 405 and no 100', () =>
    refusedAtOnce(405, 'PUT /open HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue'));

  it('A16 no credentials: 401 and no 100', () =>
    refusedAtOnce(401, 'POST /guarded HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue'));

  it('A16 a request without a body that expects is served', async () => {
    const client = await RawClient.connect(gateway.gateway.port);
    client.write(message('GET /respond HTTP/1.1', 'Host: a', 'Expect: 100-continue'));
    assert.equal((await client.final()).body, 'made here');
    client.destroy();
  });
});
