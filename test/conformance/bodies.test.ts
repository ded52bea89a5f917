/** Rules A14, A15, C1, C3-C5: bodies on their way, and what ends them. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { it } from '../support/engine-under-test.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type OriginConnection, okResponse, type Script, ScriptedOrigin } from '../support/origin.ts';
import type { RawClient } from '../support/raw-client.ts';
import { message, valuesOf } from '../support/wire.ts';

let gateway: Gateway;
let origin: ScriptedOrigin;

/** Handles one exchange on a connection. */
const answer: Script = async (connection) => {
  const request = await connection.request();
  if (request?.complete) connection.write(okResponse(`${request.target} ${request.body.length}`));
  else connection.end();
};

let current = answer;

/** Hands each exchange to `current`, also on connections that are older than that. A script that leaves bytes unread
 * must have waited for the end of the connection. */
const dispatch: Script = async (connection) => {
  for (;;) {
    const patience = 24 * 3_600_000;
    await connection.until(
      () => (connection.received !== '' || connection.closedHow !== null ? true : null),
      'bytes',
      patience,
    );
    if (connection.closedHow !== null) return connection.end();
    await current(connection);
  }
};

before(async () => {
  origin = await new ScriptedOrigin(dispatch).listen();
  gateway = await startGateway({
    routing: { retries: 0 },
    upstreams: [{ name: 'origin', endpoints: [origin.address] }],
    routes: [
      { path: '/respond', respond: { status: 200, body: 'made here' } },
      { path: '/*', upstream: 'origin' },
    ],
  });
});

after(async () => {
  await gateway?.stop();
  await origin?.close();
});

/** Runs `work` while the origin handles exchanges with `script`. */
async function withScript(script: Script, work: (client: RawClient) => Promise<void>): Promise<void> {
  current = script;
  const client = await gateway.connect();
  try {
    await work(client);
    assert.deepEqual(origin.failures, []);
  } finally {
    client.reset();
    origin.failures.length = 0;
    current = answer;
  }
}

/** A promise with its settling functions outside. */
function signal<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('A14 pipelining', () => {
  it('A14 responses come in the order of the requests, though the first is slow', async () => {
    const second = signal<void>();
    const script: Script = async (connection) => {
      const request = await connection.request();
      if (request?.target === '/1') await Promise.race([second.promise, pause(300)]);
      if (request?.target === '/2') second.resolve();
      if (request) connection.write(okResponse(request.target));
    };
    await withScript(script, async (client) => {
      client.write(['/1', '/2', '/3'].map((path) => message(`GET ${path} HTTP/1.1`, 'Host: a')).join(''));
      for (const path of ['/1', '/2', '/3']) assert.equal((await client.response()).body, path);
    });
  });

  it('A14 a hundred requests in one segment, bodies among them', async () => {
    const client = await gateway.connect();
    let bytes = '';
    for (let index = 0; index < 100; index++) {
      if (index % 3 === 0) bytes += message(`GET /${index} HTTP/1.1`, 'Host: a');
      else if (index % 3 === 1)
        bytes += `${message(`POST /${index} HTTP/1.1`, 'Host: a', 'Content-Length: 7')}0123456`;
      else
        bytes += `${message(`POST /${index} HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked')}3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`;
    }
    client.write(bytes);
    for (let index = 0; index < 100; index++) {
      assert.equal((await client.response()).body, `/${index} ${index % 3 === 0 ? 0 : 7}`);
    }
    client.destroy();
  });
});

describe('C1 framing anew', () => {
  it('C1 a large body arrives whole in either framing', async () => {
    const body = 'x'.repeat(300_000);
    const client = await gateway.connect();
    client.write(message('POST /length HTTP/1.1', 'Host: a', `Content-Length: ${body.length}`) + body);
    assert.equal((await client.response('POST')).body, `/length ${body.length}`);
    client.write(message('POST /chunked HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked'));
    for (let at = 0; at < body.length; at += 30_000)
      client.write(`7530\r\n${body.slice(at, at + 30_000)}\r\n`);
    client.write('0\r\n\r\n');
    assert.equal((await client.response('POST')).body, `/chunked ${body.length}`);
    client.destroy();
  });

  it('C1 a request body streams: the origin has its first bytes before the client sends the last', async () => {
    const first = signal<string>();
    const script: Script = async (connection) => {
      await connection.head();
      await connection.until(
        () => (connection.received.includes('first') ? true : null),
        'the first bytes of the body',
      );
      first.resolve(connection.received);
      await connection.until(
        () => (connection.received.includes('last') ? true : null),
        'the last bytes of the body',
      );
      connection.take(connection.received.length);
      connection.write(okResponse('done'));
    };
    await withScript(script, async (client) => {
      client.write(`${message('POST /stream HTTP/1.1', 'Host: a', 'Content-Length: 9')}first`);
      await first.promise;
      client.write('last');
      assert.equal((await client.response('POST')).body, 'done');
    });
  });

  it('C1 a response body streams: the client has its first bytes before the origin sends the last', async () => {
    const got = signal<void>();
    const script: Script = async (connection) => {
      await connection.request();
      connection.write(`${message('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}5\r\nfirst\r\n`);
      await got.promise;
      connection.write('4\r\nlast\r\n0\r\n\r\n');
    };
    await withScript(script, async (client) => {
      client.write(message('GET /stream HTTP/1.1', 'Host: a'));
      await client.until(() => (client.received.includes('first') ? true : null), 'the first bytes');
      got.resolve();
      assert.equal((await client.response()).body, 'firstlast');
    });
  });
});

describe('C3 incomplete request bodies', () => {
  const cutters: Record<string, (client: RawClient) => void> = {
    ends: (client) => client.end(),
    resets: (client) => client.reset(),
  };
  const framings = { 'Content-Length: 10': 'hello', 'Transfer-Encoding: chunked': '5\r\nhello\r\n' };
  for (const [how, cut] of Object.entries(cutters)) {
    for (const [framing, sent] of Object.entries(framings)) {
      it(`C3 client ${how} in the middle, ${framing}: the origin sees an abort, not a request`, async () => {
        const outcome = signal<{ connection: OriginConnection; complete: boolean | undefined }>();
        const script: Script = async (connection) => {
          await connection.until(
            () => (connection.received.includes('hello') ? true : null),
            'the first half',
          );
          cut(currentClient);
          const request = await connection.request();
          outcome.resolve({ connection, complete: request?.complete });
          // The gateway must end the connection, not keep it for another request.
          await connection.closed();
          connection.destroy();
        };
        let currentClient!: RawClient;
        await withScript(script, async (client) => {
          currentClient = client;
          client.write(message('POST /half HTTP/1.1', 'Host: a', framing) + sent);
          const { complete } = await outcome.promise;
          assert.equal(complete, false);
          if (how === 'ends') {
            // What is left to the client is a 400 or a close, never a success.
            await client.until(
              () => (client.received !== '' || client.closedHow !== null ? true : null),
              'a refusal',
            );
            if (client.received !== '') assert.equal((await client.response('POST')).status, 400);
          }
        });
      });
    }
  }
});

describe('C4 early responses', () => {
  it('C4 a response before the end of the upload reaches the client', async () => {
    const script: Script = async (connection) => {
      await connection.head();
      connection.write(
        `${message('HTTP/1.1 413 Content Too Large', 'Content-Length: 3', 'Connection: close')}big`,
      );
      connection.end();
      // What is left of the upload is no next request.
      await connection.closed().catch(() => undefined);
    };
    await withScript(script, async (client) => {
      client.write(message('POST /early HTTP/1.1', 'Host: a', 'Content-Length: 50000000'));
      const upload = keepSending(client, 50_000_000);
      const response = await client.response('POST');
      assert.equal(response.status, 413);
      assert.equal(response.body, 'big');
      await client.closed();
      upload.stop();
    });
  });

  it('C4 a response is not lost when the next piece of the body finds the connection reset', async () => {
    const ready = signal<OriginConnection>();
    const script: Script = async (connection) => {
      await connection.until(() => (connection.received.endsWith('first') ? true : null), 'the first bytes');
      ready.resolve(connection);
      await connection.closed();
    };
    await withScript(script, async (client) => {
      client.write(`${message('POST /early HTTP/1.1', 'Host: a', 'Content-Length: 50000')}first`);
      const connection = await ready.promise;
      // All of it is waiting when the gateway looks next, the body first.
      process.kill(gateway.pid, 'SIGSTOP');
      await pause(50);
      client.write('x'.repeat(10_000));
      await pause(50);
      connection.write(
        `${message('HTTP/1.1 413 Content Too Large', 'Content-Length: 3', 'Connection: close')}big`,
      );
      await pause(50);
      connection.reset();
      await pause(50);
      process.kill(gateway.pid, 'SIGCONT');
      const response = await client.response('POST');
      assert.equal(response.status, 413);
      assert.equal(response.body, 'big');
    });
  });

  it('C4 the rest of a small upload is taken, and the connection goes on', async () => {
    const script: Script = async (connection) => {
      await connection.head();
      connection.write(okResponse('early'));
      await connection.closed().catch(() => undefined);
    };
    await withScript(script, async (client) => {
      client.write(`${message('POST /early HTTP/1.1', 'Host: a', 'Content-Length: 10')}hello`);
      const response = await client.response('POST');
      assert.equal(response.body, 'early');
      client.write('world');
      if (valuesOf(response.fields, 'connection').includes('close')) await client.closed();
      else
        assert.equal((await client.request(message('GET /respond HTTP/1.1', 'Host: a'))).body, 'made here');
    });
  });
});

describe('C5 unread request bodies', () => {
  it('C5 the response to a large unread upload is not lost, then the connection closes', async () => {
    const client = await gateway.connect();
    client.write(message('POST /respond HTTP/1.1', 'Host: a', 'Content-Length: 50000000'));
    const upload = keepSending(client, 50_000_000);
    const response = await client.response('POST');
    assert.equal(response.body, 'made here');
    await client.closed();
    upload.stop();
    assert.equal(client.received, '', 'nothing after the response');
    client.destroy();
  });

  it('C5 a response to a malformed head is not lost while the client goes on sending', async () => {
    const client = await gateway.connect();
    client.write(message('POST /x HTTP/1.1', 'Host: a', 'Bad Name: x'));
    const upload = keepSending(client, 50_000_000);
    assert.equal((await client.response('POST')).status, 400);
    await client.closed();
    upload.stop();
    client.destroy();
  });
});

/** Sends that many bytes as fast as the connection takes them. */
function keepSending(client: RawClient, total: number): { stop(): void } {
  const piece = Buffer.alloc(64 * 1024, 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
  let left = total;
  let stopped = false;
  const pump = (): void => {
    while (left > 0 && !stopped && client.closedHow === null) {
      left -= piece.length;
      if (!client.socket.write(piece)) {
        client.socket.once('drain', pump);
        return;
      }
    }
  };
  pump();
  return {
    stop: () => {
      stopped = true;
    },
  };
}
