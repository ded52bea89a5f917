/** Rules C13 and C14: what is sent to an upstream twice, and what never is. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { it } from '../support/engine-under-test.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type OriginConnection, okResponse, type Script, ScriptedOrigin } from '../support/origin.ts';
import { reservePort } from '../support/ports.ts';
import { once } from '../support/raw-client.ts';
import { message, type WireRequest, type WireResponse } from '../support/wire.ts';

type Act = (request: WireRequest, connection: OriginConnection) => void | Promise<void>;

/** What the two endpoints of the upstream do, and what they got. */
let act: Act;
let got: string[] = [];
let first: ScriptedOrigin;
let second: ScriptedOrigin;
let gateway: Gateway;
let dead: { port: number; release(): void };

const serve =
  (name: string): Script =>
  async (connection) => {
    for (;;) {
      const request = await connection.request(24 * 3_600_000);
      if (!request) return connection.end();
      got.push(`${name} ${request.method} ${request.body}${request.complete ? '' : ' CUT'}`);
      void act(request, connection);
    }
  };

before(async () => {
  first = await new ScriptedOrigin(serve('first')).listen();
  second = await new ScriptedOrigin(serve('second')).listen();
  dead = await reservePort();
  const both = [first.address, second.address];
  gateway = await startGateway(
    {
      routing: {
        retries: { attempts: 3, budget: '100%', body_limit: '1KB' },
        timeouts: { first_byte: '1s' },
      },
      upstreams: [
        { name: 'both', endpoints: both },
        { name: 'half-dead', endpoints: [`127.0.0.1:${dead.port}`, second.address] },
        { name: 'one', endpoints: [second.address] },
        { name: 'narrow', endpoints: [second.address], connections: { max: 1 } },
      ],
      routes: [
        { path: '/both', upstream: 'both' },
        { path: '/half-dead', upstream: 'half-dead' },
        { path: '/one', upstream: 'one' },
        { path: '/narrow', upstream: 'narrow' },
        { path: '/never', upstream: 'both', retries: 0 },
        { path: '/only-503', upstream: 'both', retries: { attempts: 3, on: [503], budget: '100%' } },
        {
          path: '/timeout',
          upstream: 'both',
          retries: { attempts: 1, on: ['timeout'], per_try_timeout: '800ms', budget: '100%' },
        },
      ],
    },
    { workers: 1 },
  );
});

after(async () => {
  await gateway?.stop();
  await first?.close();
  await second?.close();
  dead?.release();
});

afterEach(() => {
  got = [];
});

/** Fails the first `times` requests with `fail`, then answers. */
function failing(times: number, fail: Act): Act {
  let left = times;
  return (request, connection) => {
    if (left-- > 0) fail(request, connection);
    else connection.write(okResponse('ok'));
  };
}

const reset: Act = (_, connection) => connection.reset();
const status =
  (code: number): Act =>
  (_, connection) =>
    connection.write(message(`HTTP/1.1 ${code} Failed`, 'Content-Length: 0'));
const send = (method: string, path: string, body = ''): Promise<WireResponse> =>
  once(
    gateway.port,
    message(`${method} ${path} HTTP/1.1`, 'Host: a', ...(body ? [`Content-Length: ${body.length}`] : [])) +
      body,
  );

describe('C13 idempotent requests', () => {
  it('C13 a reset is tried again on the other endpoint', async () => {
    act = failing(1, reset);
    assert.equal((await send('GET', '/both')).status, 200);
    assert.equal(got.length, 2);
    assert.notEqual(got[0], got[1], 'another endpoint');
  });

  for (const code of [502, 503, 504]) {
    it(`C13 ${code} is tried again`, async () => {
      act = failing(1, status(code));
      assert.equal((await send('GET', '/both')).status, 200);
      assert.equal(got.length, 2);
    });
  }

  it('C13 attempts are counted, and the last failure is what the client gets', async () => {
    act = status(503);
    assert.equal((await send('GET', '/both')).status, 503);
    assert.equal(got.length, 4, 'the first try and three more');
  });

  it('C13 500 and 404 are answers, not failures', async () => {
    for (const code of [500, 404]) {
      act = status(code);
      assert.equal((await send('GET', '/both')).status, code);
    }
    assert.equal(got.length, 2);
  });

  it('C13 PUT and DELETE are tried again with the same body', async () => {
    act = failing(1, reset);
    assert.equal((await send('PUT', '/both', 'hello')).status, 200);
    act = failing(1, status(503));
    assert.equal((await send('DELETE', '/both', 'hello')).status, 200);
    assert.deepEqual(
      got.map((entry) => entry.replace(/^\w+ /, '')),
      ['PUT hello', 'PUT hello', 'DELETE hello', 'DELETE hello'],
    );
  });

  it('C13 a body over body_limit is not replayed', async () => {
    act = failing(1, status(503));
    assert.equal((await send('PUT', '/both', 'x'.repeat(5_000))).status, 503);
    assert.equal(got.length, 1);
  });

  it('C13 a body that passes body_limit while its second try waits for a connection arrives whole', async () => {
    const [early, late, last] = ['a'.repeat(500), 'b'.repeat(1000), 'c'.repeat(500)];
    const client = await gateway.connect();
    let other!: Promise<WireResponse>;
    second.use(async (connection) => {
      second.use(serve('second'));
      await connection.until(() => (connection.received.endsWith(early) ? true : null), 'the first piece');
      // Waits for the only connection, and gets its place.
      other = send('GET', '/narrow');
      await sleep(100);
      connection.reset();
    });
    act = async (request, connection) => {
      if (request.method === 'GET') {
        await sleep(100);
        client.write(late);
        await sleep(100);
      }
      connection.write(okResponse('ok'));
      if (request.method === 'GET') client.write(last);
    };
    client.write(message('PUT /narrow HTTP/1.1', 'Host: a', 'Content-Length: 2000') + early);
    assert.equal((await client.response('PUT')).status, 200);
    assert.equal((await other).status, 200);
    assert.deepEqual(got, ['second GET ', `second PUT ${early}${late}${last}`]);
    client.destroy();
  });

  it('C13 retries: 0 means one try', async () => {
    act = failing(1, status(503));
    assert.equal((await send('GET', '/never')).status, 503);
    assert.equal(got.length, 1);
  });

  it('C13 only what `on` lists is tried again', async () => {
    act = failing(1, status(502));
    assert.equal((await send('GET', '/only-503')).status, 502);
    act = failing(1, status(503));
    assert.equal((await send('GET', '/only-503')).status, 200);
    assert.equal(got.length, 3);
  });

  it('C13 per_try_timeout moves on to the other endpoint', async () => {
    act = failing(1, () => undefined);
    assert.equal((await send('GET', '/timeout')).status, 200);
    assert.equal(got.length, 2);
  });
});

describe('C13 requests that may have been processed', () => {
  it('C13 POST is never sent twice after it was sent', async () => {
    for (const fail of [reset, status(502), status(503), status(504)]) {
      act = failing(1, fail);
      const { status: got } = await send('POST', '/both', 'hello');
      assert.ok(got >= 502 && got <= 504, String(got));
    }
    assert.equal(got.length, 4);
  });

  it('C13 POST goes to the other endpoint when the first could not be connected to', async () => {
    act = failing(0, reset);
    for (let index = 0; index < 4; index++)
      assert.equal((await send('POST', '/half-dead', 'hello')).status, 200);
    assert.deepEqual(new Set(got), new Set(['second POST hello']));
    assert.equal(got.length, 4);
  });

  it('C13 nor is a body over body_limit lost to an endpoint that was never reached', async () => {
    act = failing(0, reset);
    const body = 'x'.repeat(200_000);
    for (let index = 0; index < 4; index++)
      assert.equal((await send('POST', '/half-dead', body)).status, 200);
    assert.deepEqual(new Set(got), new Set([`second POST ${body}`]));
  });

  it('C13 nothing is tried again after a byte went to the client', async () => {
    act = failing(1, (_, connection) => {
      connection.write(`${message('HTTP/1.1 200 OK', 'Content-Length: 10')}hello`);
      setTimeout(() => connection.reset(), 50);
    });
    const response = await send('GET', '/both');
    assert.equal(response.status, 200);
    assert.equal(response.complete, false);
    assert.equal(got.length, 1);
  });
});

describe('C14 stale connections', () => {
  /** Leaves one pooled connection to `second` that the origin closes as soon as it sees the next request on it. */
  async function poolThenClose(close: (connection: OriginConnection) => void): Promise<void> {
    let pooled: OriginConnection | undefined;
    act = (_, connection) => {
      if (connection === pooled) return close(connection);
      pooled ??= connection;
      connection.write(okResponse('ok'));
    };
    assert.equal((await send('GET', '/one')).status, 200);
    got = [];
  }

  it('C14 a pooled connection reset in the race is replaced unseen, even with retries: the request counts once', async () => {
    await poolThenClose((connection) => connection.reset());
    const response = await send('GET', '/one');
    assert.equal(response.status, 200);
    assert.equal(got.length, 2);
  });

  it('C14 a pooled connection that was closed while idle is not used at all', async () => {
    await poolThenClose((connection) => connection.reset());
    for (const connection of second.connections) connection.destroy();
    for (let index = 0; index < 3; index++) assert.equal((await send('POST', '/one', 'hello')).status, 200);
    assert.deepEqual(got, Array(3).fill('second POST hello'));
  });

  for (const close of ['destroy', 'reset'] as const) {
    it(`C14 POST does not go out on a pooled connection whose ${close} has arrived just before it`, async () => {
      act = (_, connection) => connection.write(okResponse('ok'));
      const client = await gateway.connect();
      const request = `${message('POST /one HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello`;
      assert.equal((await client.request(request)).status, 200);
      // Both are waiting when the gateway looks next.
      process.kill(gateway.pid, 'SIGSTOP');
      await sleep(50);
      for (const connection of second.connections) connection[close]();
      await sleep(50);
      client.write(request);
      await sleep(50);
      process.kill(gateway.pid, 'SIGCONT');
      assert.equal((await client.response('POST')).status, 200);
      client.destroy();
    });
  }

  it('C14 POST that waits for a connection does not get one that was closed behind the response before it', async () => {
    let pooled!: OriginConnection;
    act = (request, connection) => {
      if (request.method === 'POST') return connection.write(okResponse('ok'));
      pooled = connection;
    };
    const [client, other] = [await gateway.connect(), await gateway.connect()];
    client.write(message('GET /narrow HTTP/1.1', 'Host: a'));
    await sleep(100);
    other.write(`${message('POST /narrow HTTP/1.1', 'Host: a', 'Content-Length: 5')}hello`);
    await sleep(100);
    // Response and end are both there when the gateway looks next.
    process.kill(gateway.pid, 'SIGSTOP');
    await sleep(50);
    pooled.write(okResponse('ok'));
    pooled.end();
    await sleep(50);
    process.kill(gateway.pid, 'SIGCONT');
    assert.equal((await client.response()).status, 200);
    assert.equal((await other.response('POST')).status, 200);
    client.destroy();
    other.destroy();
  });

  it('C14 POST on a pooled connection that is reset after it was sent is not repeated', async () => {
    await poolThenClose((connection) => connection.reset());
    const response = await send('POST', '/one', 'hello');
    assert.equal(response.status, 502);
    assert.equal(got.length, 1);
  });

  it('C14 bytes on an idle pooled connection are no response to anything: it is closed', async () => {
    let pooled: OriginConnection | undefined;
    act = (_, connection) => {
      pooled = connection;
      connection.write(okResponse('ok'));
    };
    assert.equal((await send('GET', '/one')).status, 200);
    pooled?.write(okResponse('poison'));
    await pooled?.closed();
    assert.equal((await send('GET', '/one')).body, 'ok');
  });

  for (const [method, response] of [
    ['HEAD', okResponse('no body')],
    ['GET', message('HTTP/1.1 304 Not Modified')],
    ['GET', okResponse('')],
  ] as const) {
    const head = response.slice(0, response.indexOf('\r\n\r\n') + 4);
    it(`C14 bytes behind ${head.split('\r\n')[0]} to ${method} are no response to the next request of the client`, async () => {
      act = (request, connection) =>
        connection.write(request.target === '/one?1' ? head + okResponse('poison') : okResponse('own'));
      const client = await gateway.connect();
      client.write(
        message(`${method} /one?1 HTTP/1.1`, 'Host: a') + message('GET /one?2 HTTP/1.1', 'Host: a'),
      );
      await client.final(method);
      assert.equal((await client.final()).body, 'own');
      client.destroy();
    });
  }
});
