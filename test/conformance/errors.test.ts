/** Rules A4, C16, C18 towards upstreams: what the gateway answers when it cannot forward. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { deafServer } from '../support/deaf-server.ts';
import { it } from '../support/engine-under-test.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type OriginConnection, okResponse, ScriptedOrigin } from '../support/origin.ts';
import { reservePort } from '../support/ports.ts';
import { once } from '../support/raw-client.ts';
import { message, valuesOf, type WireResponse } from '../support/wire.ts';

let gateway: Gateway;
let origin: ScriptedOrigin;
let deaf: { port: number; close(): Promise<unknown> };
let silent = 0;
let dead: { port: number; release(): void };

before(async () => {
  origin = await new ScriptedOrigin(async (connection) => {
    // A connection that was answered may be used again.
    for (;;) {
      const request = await connection.request(24 * 3_600_000);
      if (!request) return connection.end();
      if (request.target === '/half') return connection.write('HTTP/1.1 200 OK\r\nContent-Le');
      if (request.target === '/stall')
        return connection.write(`${message('HTTP/1.1 200 OK', 'Content-Length: 10')}hello`);
      if (request.target.startsWith('/silent')) {
        silent++;
        return;
      }
      if (request.target === '/endless-head')
        return flood(connection, 'HTTP/1.1 200 OK\r\n', `X: ${'y'.repeat(1_000)}\r\n`);
      if (request.target === '/endless-field')
        return flood(connection, 'HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(1_000));
      if (request.target === '/endless-line') return flood(connection, 'HTTP/1.1 200 ', 'O'.repeat(1_000));
      if (request.target === '/endless-interim')
        return flood(connection, '', message('HTTP/1.1 103 Early Hints', 'X: y'));
      connection.write(okResponse('ok'));
    }
  }).listen();
  deaf = await deafServer();
  dead = await reservePort();
  gateway = await startGateway({
    routing: { retries: 0, timeouts: { connect: '500ms', first_byte: '1s', idle: '1s' } },
    upstreams: [
      { name: 'origin', endpoints: [origin.address] },
      { name: 'dead', endpoints: [`127.0.0.1:${dead.port}`] },
      { name: 'deaf', endpoints: [`127.0.0.1:${deaf.port}`] },
      { name: 'unknown', endpoints: ['no-such-host.invalid:80'] },
      {
        name: 'sick',
        endpoints: [`127.0.0.1:${dead.port}`],
        health_check: { interval: '100ms', timeout: '100ms', unhealthy_after: 1 },
      },
      {
        name: 'broken',
        endpoints: [`127.0.0.1:${dead.port}`],
        circuit_breaker: { failure_threshold: 1, timeout: '60s' },
      },
    ],
    routes: [
      { path: '/dead', upstream: 'dead' },
      { path: '/deaf', upstream: 'deaf' },
      { path: '/unknown', upstream: 'unknown' },
      { path: '/sick', upstream: 'sick' },
      { path: '/broken', upstream: 'broken' },
      { path: '/half', upstream: 'origin' },
      { path: '/stall', upstream: 'origin' },
      { path: '/endless-{what}', upstream: 'origin', timeout: '2s' },
      { path: '/silent', upstream: 'origin' },
      { path: '/silent-route', upstream: 'origin', timeout: '300ms' },
      { path: '/only', methods: ['GET', 'PUT'], upstream: 'origin' },
      { path: '/only', methods: ['PATCH'], upstream: 'origin' },
      { path: '/host', host: 'api.example', upstream: 'origin' },
    ],
  });
});

after(async () => {
  await gateway?.stop();
  await origin?.close();
  await deaf?.close();
  dead?.release();
});

const get = (path: string, ...fields: string[]): Promise<WireResponse> =>
  once(gateway.port, message(`GET ${path} HTTP/1.1`, 'Host: a', ...fields));

/** Checks the whole problem document (RFC 9457). */
function assertProblem(response: WireResponse, status: number, code: string): void {
  assert.equal(response.status, status, response.body);
  assert.deepEqual(valuesOf(response.fields, 'content-type'), ['application/problem+json']);
  assert.equal(valuesOf(response.fields, 'date').length, 1);
  const problem = JSON.parse(response.body) as Record<string, unknown>;
  assert.equal(problem['status'], status);
  assert.equal(problem['code'], code);
  for (const key of ['type', 'title', 'request_id'])
    assert.ok(typeof problem[key] === 'string' && problem[key] !== '', key);
}

function assertRetryAfter(response: WireResponse): void {
  assert.match(valuesOf(response.fields, 'retry-after')[0] ?? '', /^[1-9]\d*$/);
}

describe('A4 methods and routes', () => {
  it('A4 a method that no route of the path lists: 405 with Allow', async () => {
    const response = await once(
      gateway.port,
      message('DELETE /only HTTP/1.1', 'Host: a', 'Content-Length: 0'),
    );
    assertProblem(response, 405, 'method_not_allowed');
    const allow = valuesOf(response.fields, 'allow').join(',').split(/,\s*/);
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH']) assert.ok(allow.includes(method), `${allow}`);
    assert.ok(!allow.includes('DELETE'));
  });

  it('A4 the method is case-sensitive: get is not GET', async () => {
    assertProblem(
      await once(gateway.port, message('get /only HTTP/1.1', 'Host: a')),
      405,
      'method_not_allowed',
    );
  });

  it('A4 HEAD passes where GET does', async () => {
    assert.equal((await once(gateway.port, message('HEAD /only HTTP/1.1', 'Host: a'))).status, 200);
  });

  it('C16 no route for the path, or for the host: 404', async () => {
    assertProblem(await get('/nowhere'), 404, 'no_route');
    assertProblem(await get('/host'), 404, 'no_route');
    assert.equal(
      (await once(gateway.port, message('GET /host HTTP/1.1', 'Host: API.Example:99'))).status,
      200,
    );
  });

  it('C16 a HEAD that fails has the status and no body', async () => {
    const response = await once(gateway.port, message('HEAD /nowhere HTTP/1.1', 'Host: a'));
    assert.equal(response.status, 404);
    assert.equal(response.body, '');
  });
});

describe('C16 upstream failures', () => {
  it('C16 connection refused: 502', async () =>
    assertProblem(await get('/dead'), 502, 'upstream_connect_failed'));

  it('C16 a name that does not resolve: 502', async () =>
    assertProblem(await get('/unknown'), 502, 'upstream_connect_failed'));

  it('C18 no connection within timeouts.connect: 502 or 504', async () => {
    const start = performance.now();
    const response = await get('/deaf');
    assert.ok([502, 504].includes(response.status), response.body);
    const took = performance.now() - start;
    assert.ok(took > 300 && took < 8_000, `${took} ms`);
  });

  it('C18 no byte within timeouts.first_byte: 504', async () =>
    assertProblem(await get('/silent'), 504, 'upstream_timeout'));

  it('C18 no head within the timeout of the route: 504', async () =>
    assertProblem(await get('/silent-route'), 504, 'upstream_timeout'));

  it('C18 half a head and then nothing: 504', async () =>
    assertProblem(await get('/half'), 504, 'upstream_timeout'));

  it('C18 a body that stalls longer than timeouts.idle is cut visibly', async () => {
    const response = await get('/stall');
    assert.equal(response.status, 200);
    assert.equal(response.complete, false);
  });

  for (const what of ['head', 'field', 'line']) {
    it(`C8 a response with an endless ${what}: 502`, async () => {
      const before = gateway.rss();
      assertProblem(await get(`/endless-${what}`), 502, 'upstream_bad_response');
      assert.ok(gateway.rss() - before < 30 * 1024 * 1024);
    });
  }

  it('C7 interim responses without an end: 502 or 504', async () => {
    const response = await get('/endless-interim');
    assert.ok([502, 504].includes(response.status), String(response.status));
  });

  it('C16 no healthy endpoint: 503 with Retry-After', async () => {
    const response = await eventually(async () => {
      const response = await get('/sick');
      return response.status === 503 && response;
    }, 'the health check to fail');
    assertProblem(response, 503, 'no_healthy_endpoint');
    assertRetryAfter(response);
  });

  it('C16 breaker open: 503 with Retry-After', async () => {
    assertProblem(await get('/broken'), 502, 'upstream_connect_failed');
    const response = await get('/broken');
    assertProblem(response, 503, 'circuit_open');
    assertRetryAfter(response);
  });

  it('C16 the request id is the same in document, field and log', async () => {
    const response = await get('/dead', 'X-Log: same');
    const { request_id } = JSON.parse(response.body) as { request_id: string };
    await gateway.logLine(
      (line) => line['request_id'] === request_id && line['status'] === 502,
      'that request id',
    );
  });

  it('C16 a client that went away is 499 in the log', async () => {
    const before = silent;
    const client = await gateway.connect();
    client.write(message('GET /silent HTTP/1.1', 'Host: a'));
    await eventually(async () => silent > before, 'the origin to have the request');
    client.reset();
    await gateway.logLine((line) => line['status'] === 499, 'status 499');
  });
});

/** Sends `begin`, then `piece` for ever, as fast as it is read. */
async function flood(connection: OriginConnection, begin: string, piece: string): Promise<void> {
  connection.write(begin);
  while (connection.closedHow === null) {
    connection.write(piece.repeat(10));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
