/** `server` but for its limits and times (see ../conformance/limits.test.ts and ../control/shutdown.test.ts). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DnsServer } from '../support/dns-server.ts';
import { ENGINE, eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type HttpOrigin, okResponse, startHttpOrigin } from '../support/origin.ts';
import { relay } from '../support/relay.ts';
import { valuesOf } from '../support/wire.ts';
import { ask, listens, statusOf } from './support.ts';

describe('server: addresses and threads', () => {
  let gateway: Gateway;
  before(async () => {
    const hello = { routes: [{ path: '/', respond: { body: 'hello' } }] };
    gateway = await startGateway({ server: { host: '127.0.0.2' }, ...hello }, { workers: 3 });
  });
  after(() => gateway?.stop());

  it('server.host, server.http_port and server.admin_port', async () => {
    assert.equal(await statusOf(gateway.port, '/', { host: '127.0.0.2' }), 200);
    assert.equal((await gateway.admin('/_/live')).status, 200);
    assert.equal(await listens(gateway.port, '127.0.0.1'), false);
    assert.equal(await listens(gateway.adminPort, '127.0.0.1'), false);
  });

  it('server.workers', async () => {
    const health = (await (await gateway.admin('/_/health')).json()) as { workers: unknown };
    assert.deepEqual(health.workers, { wanted: 3, serving: 3, restarts: 0 });
  });
});

describe('server.engine', { skip: ENGINE === 'builtin' ? false : 'the test run chooses the engine' }, () => {
  for (const engine of ['builtin', 'uws']) {
    it(`server.engine ${engine}`, async (t) => {
      const gateway = await startGateway(
        { server: { engine }, routes: [{ path: '/', respond: { body: 'hello' } }] },
        { workers: 1 },
      ).catch((error: Error) => error);
      if (gateway instanceof Error) {
        // The native module is made for some versions of Node.js only.
        assert.match(gateway.message, /server\.engine|uWebSockets/);
        assert.equal(engine, 'uws');
        t.skip('uWebSockets.js is not there for this Node.js');
        return;
      }
      try {
        assert.equal((await ask(gateway.port, '/')).body, 'hello');
        await gateway.logLine((line) => line['engine'] === engine, 'the engine in the log');
      } finally {
        await gateway.stop();
      }
    });
  }
});

describe('server: what requests go through', () => {
  const it1 = relay({
    options: { workers: 1 },
    responder: () => okResponse('ok'),
    config: (origin) => ({
      server: { via: 'gw-7', trusted_proxies: ['127.0.0.2/32', '::1'] },
      upstreams: [{ name: 'origin', endpoints: [origin] }],
      routes: [{ path: '/*', upstream: 'origin' }],
    }),
  });

  it('server.via', async () => {
    const first = await it1.send(['GET / HTTP/1.1', 'Host: a']);
    const via = valuesOf(first.seen!.fields, 'via').join();
    assert.match(via, /^1\.1 gw-7 \([0-9a-f]+\)$/);
    const back = await it1.send(['GET / HTTP/1.1', 'Host: a', `Via: 1.1 other, ${via}`]);
    assert.equal(back.response.status, 508);
    const neighbour = await it1.send(['GET / HTTP/1.1', 'Host: a', 'Via: 1.1 gw-7 (0123456789ab)']);
    assert.equal(neighbour.response.status, 200);
  });

  it('server.trusted_proxies', async () => {
    const lines = ['GET / HTTP/1.1', 'Host: a', 'X-Forwarded-For: 203.0.113.9', 'X-Request-Id: given'];
    const proxy = await it1.send(lines, { localAddress: '127.0.0.2' });
    assert.deepEqual(valuesOf(proxy.seen!.fields, 'x-forwarded-for').join(), '203.0.113.9, 127.0.0.2');
    assert.deepEqual(valuesOf(proxy.seen!.fields, 'x-request-id'), ['given']);
    const stranger = await it1.send(lines, { localAddress: '127.0.0.3' });
    assert.deepEqual(valuesOf(stranger.seen!.fields, 'x-forwarded-for'), ['127.0.0.3']);
    assert.notDeepEqual(valuesOf(stranger.seen!.fields, 'x-request-id'), ['given']);
  });

  /** Status, and the target that the origin got. */
  async function forwarded(target: string): Promise<string> {
    const { response, seen } = await it1.send([`GET ${target} HTTP/1.1`, 'Host: a']);
    return `${response.status} ${seen?.target ?? ''}`.trim();
  }

  const policies: [key: string, target: string, results: Record<string, string>][] = [
    ['double_slash', '/a//b', { merge: '200 /a/b', keep: '200 /a//b', reject: '400' }],
    ['encoded_slash', '/a%2fb', { keep: '200 /a%2fb', reject: '400' }],
    ['backslash', '/a%5cb', { keep: '200 /a%5cb', reject: '400' }],
    ['parameters', '/a;v=1/b', { keep: '200 /a;v=1/b', reject: '400' }],
  ];
  for (const [key, target, results] of policies) {
    it(`server.path_policy.${key}`, async () => {
      for (const [value, result] of Object.entries(results)) {
        const { config } = it1.gateway;
        await it1.gateway.reload({ ...config, server: { ...config.server, path_policy: { [key]: value } } });
        assert.equal(await forwarded(target), result, value);
      }
    });
  }
});

describe('server.dns', () => {
  const names = new DnsServer();
  const origins: HttpOrigin[] = [];
  let gateway: Gateway;

  before(async () => {
    await names.start();
    const first = await startHttpOrigin((_, response) => response.end('127.0.0.1'));
    const second = await startHttpOrigin((_, response) => response.end('127.0.0.2'), first.port, '127.0.0.2');
    origins.push(first, second);
    names.names.set('short.test', { addresses: ['127.0.0.1'], ttl: 0 });
    names.names.set('long.test', { addresses: ['127.0.0.1'], ttl: 3_600 });
    gateway = await startGateway(
      {
        server: { dns: { servers: [names.address], min_ttl: '300ms', max_ttl: '600ms' } },
        upstreams: [
          { name: 'short', endpoints: [`short.test:${first.port}`] },
          { name: 'long', endpoints: [`long.test:${first.port}`] },
        ],
        routes: [
          { path: '/short', upstream: 'short' },
          { path: '/long', upstream: 'long' },
        ],
      },
      { workers: 1 },
    );
  });
  after(async () => {
    await gateway?.stop();
    for (const origin of origins) await origin.close();
    names.stop();
  });

  const questions = (name: string) => names.questions.filter((question) => question === `${name} 1`).length;

  it('server.dns.servers', async () => {
    assert.equal((await ask(gateway.port, '/short')).body, '127.0.0.1');
  });

  it('server.dns.min_ttl', async () => {
    const before = questions('short.test');
    const start = performance.now();
    await eventually(async () => questions('short.test') >= before + 4, 'more questions');
    // Three pauses, of which this process may have noticed the first late. A TTL of 0 would ask without any.
    assert.ok(performance.now() - start > 3 * 300 - 400, `${performance.now() - start} ms`);
  });

  it('server.dns.max_ttl', async () => {
    names.names.set('long.test', { addresses: ['127.0.0.2'], ttl: 3_600 });
    await eventually(async () => (await ask(gateway.port, '/long')).body === '127.0.0.2', 'the new address');
  });
});
