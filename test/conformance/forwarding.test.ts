/** Rules B1-B12 and C20: which request fields reach an origin, and who may write them. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { it } from '../support/engine-under-test.ts';
import type { SeenRequest } from '../support/origin.ts';
import { relay } from '../support/relay.ts';
import { valuesOf } from '../support/wire.ts';

const TRUSTED = '127.0.0.3';
const STRANGER = '127.0.0.2';

const PLUGIN = `
import { createRequire } from 'node:module';
const { z } = createRequire(process.env.OCTOPUS_TEST_REQUIRE)('zod');
export const plugin = {
  name: 'identity',
  version: '1.0.0',
  config: z.strictObject({}),
  ownsHeaders: ['X-User-*', 'X-Consumer-Id'],
  setup: () => ({
    onRequest(exchange) {
      const path = exchange.request.path;
      if (path === '/identity/inject') exchange.request.headers.set('X-Bad', 'a\\r\\nX-Evil: 1');
      if (path === '/identity/inject-name') exchange.request.headers.set('X-Bad\\r\\nX-Evil', '1');
      exchange.request.headers.set('X-User-Name', 'set-by-plugin');
    },
  }),
};
`;

const gateway = relay({
  options: { files: { 'identity.mjs': PLUGIN }, env: { OCTOPUS_TEST_REQUIRE: import.meta.url } },
  config: (origin) => ({
    server: { trusted_proxies: [`${TRUSTED}/32`] },
    plugins: [{ name: 'identity', path: './identity.mjs' }],
    upstreams: [{ name: 'origin', endpoints: [origin] }],
    routes: [
      { path: '/keep/*', upstream: 'origin', preserve_host: true },
      { path: '/api/*', upstream: 'origin', strip_prefix: '/api' },
      { path: '/identity/*', upstream: 'origin', middleware: ['identity'] },
      { path: '/*', upstream: 'origin' },
    ],
  }),
});

/** What the origin saw of `GET path` with these fields. */
async function seenOf(
  path: string,
  fields: readonly string[],
  localAddress = STRANGER,
): Promise<SeenRequest> {
  const { response, seen } = await gateway.send(
    [`GET ${path} HTTP/1.1`, 'Host: shop.example:8443', ...fields],
    { localAddress },
  );
  assert.equal(response.status, 200, response.body);
  assert.ok(seen);
  return seen;
}

const values = (seen: SeenRequest, name: string): string[] => valuesOf(seen.fields, name);

describe('fields between client and origin', () => {
  it('B2 TE is passed on only as trailers, and named in Connection', async () => {
    const wanted = await seenOf('/', ['TE: gzip;q=0.5, trailers', 'Connection: TE']);
    assert.deepEqual(values(wanted, 'te'), ['trailers']);
    assert.match(values(wanted, 'connection').join(','), /\bte\b/i);
    const unwanted = await seenOf('/', ['TE: gzip', 'Connection: TE']);
    assert.deepEqual(values(unwanted, 'te'), []);
  });

  it('B3 Proxy-Authorization ends at the gateway', async () => {
    const seen = await seenOf('/', ['Proxy-Authorization: Basic YTph', 'Authorization: Basic Yjpi']);
    assert.deepEqual(values(seen, 'proxy-authorization'), []);
    assert.deepEqual(values(seen, 'authorization'), ['Basic Yjpi']);
  });

  it('B4 Via is appended with the version received', async () => {
    const list = (seen: SeenRequest): string[] => values(seen, 'via').flatMap((value) => value.split(/,\s*/));
    assert.match(list(await seenOf('/', [])).join('|'), /^1\.1 octopus( \([^()]*\))?$/);
    assert.match(
      list(await seenOf('/', ['Via: 1.0 fred, 1.1 barney (x)'])).join('|'),
      /^1\.0 fred\|1\.1 barney \(x\)\|1\.1 octopus( \([^()]*\))?$/,
    );
    const old = await gateway.send(['GET / HTTP/1.0', 'Host: a']);
    assert.match(list(old.seen!).join('|'), /^1\.0 octopus( \([^()]*\))?$/);
  });

  it('B5 Max-Forwards of OPTIONS is counted down and answered at 0', async () => {
    const five = await gateway.send(['OPTIONS / HTTP/1.1', 'Host: a', 'Max-Forwards: 5']);
    assert.deepEqual(values(five.seen!, 'max-forwards'), ['4']);
    const zero = await gateway.send(['OPTIONS / HTTP/1.1', 'Host: a', 'Max-Forwards: 0']);
    assert.ok([200, 204].includes(zero.response.status));
    assert.equal(zero.seen, null);
    const get = await seenOf('/', ['Max-Forwards: 0']);
    assert.deepEqual(values(get, 'max-forwards'), ['0']);
  });

  it('B5 a request that comes back to the gateway is a loop: 508', async () => {
    const { config, port } = gateway.gateway;
    await gateway.gateway.reload({
      ...config,
      upstreams: [...(config['upstreams'] as unknown[]), { name: 'self', endpoints: [`127.0.0.1:${port}`] }],
      routes: [...(config['routes'] as unknown[]), { path: '/loop/*', upstream: 'self' }],
    });
    const { response } = await gateway.send(['GET /loop/x HTTP/1.1', 'Host: a']);
    assert.equal(response.status, 508);
    assert.equal((JSON.parse(response.body) as { code: string }).code, 'loop_detected');
  });

  it('B8 Host is the authority of the endpoint, or with preserve_host that of the client', async () => {
    const rewritten = await seenOf('/', []);
    assert.deepEqual(values(rewritten, 'host'), [gateway.origin.address]);
    const kept = await seenOf('/keep/x', []);
    assert.deepEqual(values(kept, 'host'), ['shop.example:8443']);
  });

  it('B9 order and spelling of end-to-end fields stay', async () => {
    const seen = await seenOf('/', ['X-B: 1', 'Cookie: a=1', 'x-a: 2', 'X-B: 3', 'Accept: */*']);
    const ours = seen.fields.filter(([name]) =>
      ['x-a', 'x-b', 'cookie', 'accept'].includes(name.toLowerCase()),
    );
    assert.deepEqual(
      ours.map(([name, value]) => `${name.toLowerCase()}=${value}`),
      ['x-b=1', 'cookie=a=1', 'x-a=2', 'x-b=3', 'accept=*/*'],
    );
  });

  it('A16 Expect is not passed on', async () => {
    const { response, seen } = await gateway.send(
      ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 2', 'Expect: 100-continue'],
      { body: 'hi' },
    );
    assert.equal(response.status, 200);
    assert.deepEqual(values(seen!, 'expect'), []);
  });

  it('C20 Early-Data of a stranger is not believed', async () => {
    assert.deepEqual(values(await seenOf('/', ['Early-Data: 1']), 'early-data'), []);
  });
});

describe('B6 claims about the client', () => {
  const CLAIMS = {
    'X-Forwarded-For': '9.9.9.9',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Port': '1',
    'X-Forwarded-Prefix': '/evil',
    Forwarded: 'for=9.9.9.9;proto=https',
    'X-Real-IP': '9.9.9.9',
    'True-Client-IP': '9.9.9.9',
    'CF-Connecting-IP': '9.9.9.9',
    'X-Client-Cert': 'evil',
    'Client-Cert': ':ZXZpbA==:',
    'X-Original-URL': '/admin',
    'X-Rewrite-URL': '/admin',
  };
  const asLines = Object.entries(CLAIMS).map(([name, value]) => `${name}: ${value}`);

  it('B6 of a stranger are replaced by what the gateway sees [GHSA-6384-m2mw-rf54]', async () => {
    for (const lines of [asLines, []]) {
      const seen = await seenOf('/', lines);
      assert.deepEqual(values(seen, 'x-forwarded-for'), [STRANGER]);
      assert.deepEqual(values(seen, 'x-forwarded-proto'), ['http']);
      assert.deepEqual(values(seen, 'x-forwarded-host'), ['shop.example:8443']);
      const [port, ...more] = values(seen, 'x-forwarded-port');
      assert.deepEqual(more, []);
      assert.ok([String(gateway.gateway.port), '8443'].includes(port!), `X-Forwarded-Port ${port}`);
      const text = seen.fields.flat().join('\n');
      assert.doesNotMatch(text, /evil|ZXZpbA|9\.9\.9\.9|\/admin/);
    }
  });

  it('B6 cannot be removed by naming them in Connection [CVE-2024-45410]', async () => {
    const seen = await seenOf('/', [
      'Connection: X-Forwarded-For, X-Forwarded-Host',
      'X-Forwarded-For: 9.9.9.9',
    ]);
    assert.deepEqual(values(seen, 'x-forwarded-for'), [STRANGER]);
    assert.deepEqual(values(seen, 'x-forwarded-host'), ['shop.example:8443']);
  });

  it('B6 names in another case or twice change nothing', async () => {
    const seen = await seenOf('/', [
      'x-FORWARDED-for: 9.9.9.9',
      'X-Forwarded-For: 8.8.8.8',
      'x-forwarded-PROTO: https',
    ]);
    assert.deepEqual(values(seen, 'x-forwarded-for'), [STRANGER]);
    assert.deepEqual(values(seen, 'x-forwarded-proto'), ['http']);
  });

  it('B6 of a trusted proxy are kept, and its address appended', async () => {
    const seen = await seenOf(
      '/',
      [
        'X-Forwarded-For: 9.9.9.9',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: shop',
        'X-Forwarded-Port: 443',
      ],
      TRUSTED,
    );
    assert.deepEqual(values(seen, 'x-forwarded-for').join(', '), `9.9.9.9, ${TRUSTED}`);
    assert.deepEqual(values(seen, 'x-forwarded-proto'), ['https']);
    assert.deepEqual(values(seen, 'x-forwarded-host'), ['shop']);
    assert.deepEqual(values(seen, 'x-forwarded-port'), ['443']);
  });

  it('B6 the client address is the rightmost one that is no trusted proxy', async () => {
    await seenOf('/client-ip', [`X-Forwarded-For: 1.1.1.1, 9.9.9.9, ${TRUSTED}`], TRUSTED);
    const line = await gateway.gateway.logLine(
      (entry) => entry['path'] === '/client-ip',
      'access of /client-ip',
    );
    assert.equal(line['client_ip'], '9.9.9.9');
  });

  it('B6 X-Request-Id is kept from a trusted proxy and made for a stranger', async () => {
    const id = '0123456789abcdef0123456789abcdef';
    assert.deepEqual(values(await seenOf('/', [`X-Request-Id: ${id}`], TRUSTED), 'x-request-id'), [id]);
    const made = values(await seenOf('/', [`X-Request-Id: ${id}`]), 'x-request-id');
    assert.equal(made.length, 1);
    assert.notEqual(made[0], id);
  });
});

describe('B7 identity fields that a plugin owns', () => {
  const forged = ['X-User-Name: root', 'x-USER-role: admin', 'X-Consumer-Id: 1', 'X-Userland: mine'];

  it('B7 are removed from requests to every route', async () => {
    const seen = await seenOf('/', forged);
    for (const name of ['x-user-name', 'x-user-role', 'x-consumer-id'])
      assert.deepEqual(values(seen, name), [], name);
    assert.deepEqual(values(seen, 'x-userland'), ['mine']);
  });

  it('B7 even from a trusted proxy', async () => {
    assert.deepEqual(values(await seenOf('/', forged, TRUSTED), 'x-user-name'), []);
  });

  it('B7 and set only by the plugin', async () => {
    const seen = await seenOf('/identity/me', forged);
    assert.deepEqual(values(seen, 'x-user-name'), ['set-by-plugin']);
    assert.deepEqual(values(seen, 'x-user-role'), []);
  });

  it('B7 a client cannot have them removed by naming them in Connection', async () => {
    const { response, seen } = await gateway.send([
      'GET /identity/me HTTP/1.1',
      'Host: a',
      'Connection: X-User-Name',
      'X-User-Name: root',
    ]);
    if (response.status === 200) assert.deepEqual(values(seen!, 'x-user-name'), ['set-by-plugin']);
    else assert.equal(response.status, 400);
  });

  it('B11 a plugin that injects a line fails its request and nothing else', async () => {
    for (const path of ['/identity/inject', '/identity/inject-name']) {
      const { response, seen } = await gateway.send([`GET ${path} HTTP/1.1`, 'Host: a']);
      assert.equal(response.status, 500);
      assert.equal((JSON.parse(response.body) as { code: string }).code, 'plugin_failed');
      assert.equal(seen, null);
    }
    await seenOf('/identity/me', []);
  });
});

describe('responses', () => {
  it('B12 Date is added and the gateway has no banner', async () => {
    const { response } = await gateway.send(['GET / HTTP/1.1', 'Host: a']);
    const [date, ...more] = valuesOf(response.fields, 'date');
    assert.deepEqual(more, []);
    assert.match(date!, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.ok(Math.abs(Date.parse(date!) - Date.now()) < 10_000, date);
    for (const name of ['server', 'x-powered-by', 'via'])
      assert.deepEqual(valuesOf(response.fields, name), [], name);
  });

  it('every byte that the origin got was a strict request', () => {
    assert.deepEqual(gateway.origin.violations, []);
  });
});
