/** The built-in plugins in a running gateway with two workers. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';
import zlib from 'node:zlib';
import { hashSync } from 'bcryptjs';
import { Agent } from 'undici';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { deadPort } from '../support/ports.ts';
import { ask, Service } from './support.ts';

const TEXT = JSON.stringify(
  Array.from({ length: 3000 }, (_, i) => ({ id: i, name: `name ${i}`, tags: ['a', 'b', i % 7] })),
);
const APP = 'https://app.example.com';
const ALICE = `Basic ${Buffer.from('alice:open sesame').toString('base64')}`;

let gateway: Gateway;
let service: Service;
/** Lines that `/stream` still has to send. */
let sendLine: (line: string | null) => void = () => undefined;

function respond(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { pathname } = new URL(request.url ?? '', 'http://x');
  if (pathname === '/compress/stream') {
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    response.flushHeaders();
    sendLine = (line) => (line === null ? response.end() : response.write(line));
  } else if (pathname === '/compress/big') {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    let left = 64;
    const send = (): void => {
      while (left-- > 0)
        if (!response.write(Buffer.alloc(256 * 1024, `line ${left} `)))
          return void response.once('drain', send);
      response.end();
    };
    send();
  } else {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(TEXT),
      ETag: '"v1"',
      'Accept-Ranges': 'bytes',
      'X-Powered-By': 'tests',
    });
    response.end(request.method === 'HEAD' ? undefined : TEXT);
  }
}

before(async () => {
  service = await new Service(respond).listen();
  const nobody = await deadPort();
  gateway = await startGateway({
    upstreams: [
      { name: 'service', endpoints: [service.address] },
      { name: 'nobody', endpoints: [`127.0.0.1:${nobody}`] },
    ],
    plugins: [
      { name: 'cors', config: { origins: [APP], credentials: true } },
      {
        name: 'basic-auth',
        config: { users: [{ username: 'alice', password_hash: hashSync('open sesame', 5) }] },
      },
    ],
    routes: [
      { path: '/plain', upstream: 'service' },
      {
        path: '/compress/made-here',
        respond: { status: 200, headers: { 'Content-Type': 'application/json' }, body: TEXT },
        middleware: ['compression'],
      },
      { path: '/compress/*', upstream: 'service', middleware: ['compression'] },
      { path: '/cors', methods: ['GET'], upstream: 'service', middleware: ['basic-auth', 'cors'] },
      { path: '/cors-down', upstream: 'nobody', middleware: ['cors'] },
      { path: '/auth', upstream: 'service', middleware: ['basic-auth'] },
      {
        path: '/limited',
        upstream: 'service',
        middleware: [{ name: 'rate-limit', config: { limit: 150, window: '24h' } }],
      },
      {
        path: '/window',
        upstream: 'service',
        middleware: [
          {
            name: 'rate_limit',
            config: { algorithm: 'sliding-window', limit: 150, window: '24h', key: ['route'] },
          },
        ],
      },
      {
        path: '/denied',
        upstream: 'service',
        middleware: [{ name: 'ip-filter', config: { deny: ['127.0.0.0/8'] } }],
      },
      {
        path: '/edited/{id}',
        upstream: 'service',
        middleware: [
          'request-id',
          {
            name: 'headers',
            config: {
              request: { set: { 'X-Id': '{param.id}', 'X-Rid': '{request_id}' }, remove: ['X-Secret'] },
              response: { remove: ['X-Powered-By'], set: { 'X-Client': '{client_ip}' } },
            },
          },
        ],
      },
    ],
  });
});

after(async () => {
  await gateway?.stop();
  await service?.close();
});

describe('compression in a gateway', () => {
  for (const [encoding, decode] of [
    ['gzip', zlib.gunzipSync],
    ['br', zlib.brotliDecompressSync],
  ] as const) {
    it(`${encoding}: the body arrives whole and smaller, with a changed head`, async () => {
      const answer = await ask(gateway.port, '/compress/a', { headers: { 'accept-encoding': encoding } });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(decode(answer.body).toString(), TEXT);
      assert.ok(answer.body.length < TEXT.length / 3);
      assert.equal(answer.headers['etag'], 'W/"v1"');
      assert.equal(answer.headers['vary'], 'Accept-Encoding');
      assert.equal(answer.headers['content-length'], undefined);
      assert.equal(answer.headers['accept-ranges'], undefined);
    });

    it(`${encoding}: 16 MB pass on one connection, several times`, async () => {
      const agent = new Agent({ connections: 1 });
      for (let i = 0; i < 3; i++) {
        const answer = await ask(gateway.port, '/compress/big', {
          headers: { 'accept-encoding': encoding },
          agent,
        });
        assert.equal(decode(answer.body, { maxOutputLength: 2 ** 26 }).length, 16 * 1024 * 1024);
      }
      await agent.close();
    });
  }

  it('works for responses that the gateway makes', async () => {
    const answer = await ask(gateway.port, '/compress/made-here', { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.equal(zlib.gunzipSync(answer.body).toString(), TEXT);
  });

  it('leaves the body alone for a client that takes none, with Vary', async () => {
    const answer = await ask(gateway.port, '/compress/a');
    assert.equal(answer.body.toString(), TEXT);
    assert.equal(answer.headers['vary'], 'Accept-Encoding');
    assert.equal(answer.headers['content-length'], String(Buffer.byteLength(TEXT)));
  });

  it('answers HEAD without a body, and the connection stays usable', async () => {
    const agent = new Agent({ connections: 1 });
    const headers = { 'accept-encoding': 'gzip' };
    const head = await ask(gateway.port, '/compress/a', { method: 'HEAD', headers, agent });
    assert.equal(head.body.length, 0);
    assert.equal(head.headers['content-length'], String(Buffer.byteLength(TEXT)));
    assert.equal((await ask(gateway.port, '/compress/a', { headers, agent })).status, 200);
    await agent.close();
  });

  it('passes each line of a stream on at once', async () => {
    const url = `http://127.0.0.1:${gateway.port}/compress/stream`;
    const response = await new Promise<http.IncomingMessage>((resolve) => {
      http.get(url, { headers: { 'accept-encoding': 'gzip' } }, resolve);
    });
    const decoder = response.pipe(zlib.createGunzip()).setEncoding('utf8');
    let text = '';
    decoder.on('data', (piece: string) => (text += piece));
    for (const line of ['{"n":1}\n', '{"n":2}\n']) {
      sendLine(line);
      await eventually(async () => text.endsWith(line), 'the line');
    }
    sendLine(null);
    await new Promise((resolve) => decoder.once('end', resolve));
  });

  it('lets go of a client that leaves in the middle', async () => {
    const client = await gateway.connect();
    client.write('GET /compress/big HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\n\r\n');
    await client.until(() => (client.received.length > 200 ? true : null), 'the first bytes');
    client.reset();
    assert.equal(
      (await ask(gateway.port, '/compress/a', { headers: { 'accept-encoding': 'br' } })).status,
      200,
    );
  });
});

describe('cors in a gateway', () => {
  it('answers the preflight of a route with its own methods and authentication', async () => {
    const answer = await ask(gateway.port, '/cors', {
      method: 'OPTIONS',
      headers: {
        origin: APP,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers['access-control-allow-origin'], APP);
    assert.equal(answer.headers['access-control-allow-credentials'], 'true');
    assert.equal(answer.headers['access-control-allow-headers'], 'authorization');
    assert.match(answer.headers['vary'] ?? '', /Origin/);
  });

  it('marks errors of other plugins and of the gateway', async () => {
    for (const [path, status] of [
      ['/cors', 401],
      ['/cors-down', 502],
    ] as const) {
      const answer = await ask(gateway.port, path, { headers: { origin: APP } });
      assert.equal(answer.status, status);
      assert.equal(answer.headers['access-control-allow-origin'], APP, path);
    }
  });

  it('gives another origin nothing', async () => {
    const answer = await ask(gateway.port, '/cors', {
      headers: { origin: 'https://evil.example', authorization: ALICE },
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
    assert.equal(answer.headers['vary'], 'Origin');
  });
});

describe('rate-limit in a gateway', () => {
  for (const path of ['/limited', '/window']) {
    it(`${path}: exactly the limit passes, over all workers`, async () => {
      const statuses = await Promise.all(
        Array.from({ length: 10 }, async () => {
          // New connections spread over the workers.
          const agent = new Agent({ connections: 1, pipelining: 1 });
          const own: number[] = [];
          for (let i = 0; i < 30; i++) own.push((await ask(gateway.port, path, { agent })).status);
          await agent.close();
          return own;
        }),
      );
      const passed = statuses.flat().filter((status) => status === 200);
      const limited = statuses.flat().filter((status) => status === 429);
      assert.deepEqual([passed.length, limited.length], [150, 150]);
      const refused = await ask(gateway.port, path);
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers['retry-after']) > 0);
      assert.match(refused.headers['ratelimit'] ?? '', /^"default";r=0;t=\d+$/);
      assert.equal(refused.headers['content-type'], 'application/problem+json');
    });
  }
});

describe('basic-auth in a gateway', () => {
  const lastSeen = (): http.IncomingHttpHeaders => service.seen.at(-1)?.headers ?? {};

  it('lets a user in and tells the upstream who it is', async () => {
    const answer = await ask(gateway.port, '/auth', {
      headers: { authorization: ALICE, 'x-consumer-name': 'root' },
    });
    assert.equal(answer.status, 200);
    assert.equal(lastSeen()['x-consumer-name'], 'alice');
    assert.equal(lastSeen().authorization, undefined);
  });

  it('asks everybody else for credentials', async () => {
    const before = service.seen.length;
    const wrong = `Basic ${Buffer.from('alice:guess').toString('base64')}`;
    for (const headers of [{}, { authorization: wrong }, { 'x-consumer-name': 'alice' }]) {
      const answer = await ask(gateway.port, '/auth', { headers });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['www-authenticate'], 'Basic realm="octopus", charset="UTF-8"');
    }
    assert.equal(service.seen.length, before);
  });

  it('B7: nobody can claim to be a user on a route without the plugin', async () => {
    await ask(gateway.port, '/plain', {
      headers: { 'x-consumer-name': 'alice', 'X-Consumer-Groups': 'admin', 'x-other': '1' },
    });
    assert.equal(lastSeen()['x-consumer-name'], undefined);
    assert.equal(lastSeen()['x-consumer-groups'], undefined);
    assert.equal(lastSeen()['x-other'], '1');
  });
});

describe('the others in a gateway', () => {
  it('ip-filter refuses by address', async () => {
    assert.equal((await ask(gateway.port, '/denied')).status, 403);
  });

  it('request-id and headers: edits reach the service, the client and the log', async () => {
    const answer = await ask(gateway.port, '/edited/a%20%c3%a9', {
      headers: { 'x-secret': 's', 'x-request-id': 'forged' },
    });
    assert.equal(answer.status, 200);
    const id = answer.headers['x-request-id'] ?? '';
    assert.match(id, /^[0-9a-f-]{36}$/);
    const headers = service.seen.at(-1)?.headers ?? {};
    assert.equal(headers['x-request-id'], id);
    assert.equal(headers['x-rid'], id);
    assert.equal(headers['x-id'], 'a %C3%A9');
    assert.equal(headers['x-secret'], undefined);
    assert.equal(answer.headers['x-powered-by'], undefined);
    assert.equal(answer.headers['x-client'], '127.0.0.1');
    await gateway.logLine((line) => line['request_id'] === id && line['status'] === 200, 'the access line');
  });

  it('octopus_plugin_loaded and octopus_plugin_events_total show them', async () => {
    const metrics = await gateway.metrics();
    for (const plugin of ['compression', 'cors', 'basic-auth', 'ip-filter', 'headers', 'request-id']) {
      assert.equal(metrics.sum('octopus_plugin_loaded', { plugin, version: '1.0.0' }), 1, plugin);
    }
    assert.ok(metrics.sum('octopus_plugin_events_total', { plugin: 'basic-auth', event: 'refused' }) >= 3);
  });
});
