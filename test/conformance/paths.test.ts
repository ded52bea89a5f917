/** Rule B13: the path that is routed and guarded is the path that the origin gets. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { it } from '../support/engine-under-test.ts';
import { relay } from '../support/relay.ts';

const gateway = relay({
  config: (origin) => ({
    upstreams: [{ name: 'origin', endpoints: [origin] }],
    routes: [
      { path: '/admin', respond: { status: 403, body: 'guarded' } },
      { path: '/admin/*', respond: { status: 403, body: 'guarded' } },
      { path: '/api/*', upstream: 'origin', strip_prefix: '/api' },
      {
        path: '/old/{name}/{rest*}',
        upstream: 'origin',
        rewrite: { pattern: '^/old/', replacement: '/new/' },
      },
      { path: '/sub/*', upstream: 'origin', strip_prefix: '/sub', add_prefix: '/v2' },
      { path: '/*', upstream: 'origin' },
    ],
  }),
});

const send = (target: string) => gateway.send([`GET ${target} HTTP/1.1`, 'Host: a']);

/** What a service behind the gateway might take the target for, however often it decodes and resolves it. */
function readings(target: string): string[] {
  const readings: string[] = [];
  let path = target.split('?')[0]!;
  for (let round = 0; round < 3; round++) {
    const slashes = path.replaceAll('\\', '/').replaceAll(/;[^/]*/g, '');
    readings.push(path, new URL(`http://a${slashes.replaceAll(/\/+/g, '/')}`).pathname);
    try {
      path = decodeURIComponent(path);
    } catch {
      break;
    }
  }
  return readings;
}

describe('B13 a guarded path cannot be reached under another spelling', () => {
  const SPELLINGS = [
    '/admin',
    '/admin/',
    '/admin/x',
    '/./admin',
    '/a/../admin',
    '//admin',
    '///admin//x',
    '/a/..//admin',
    '/%61dmin',
    '/%61%64%6d%69%6e/x',
    '/a/%2e%2e/admin',
    '/a/.%2e/admin',
    '/a/%2E%2E/admin/x',
    '/%2e/admin',
    '/../admin',
    '/../../admin',
    '/%2e%2e/admin',
    '/a/..%2fadmin',
    '/a%2f..%2fadmin',
    '/%2fadmin',
    '/%2Fadmin',
    '/a\\..\\admin',
    '/\\admin',
    '/%5cadmin',
    '/a/..%5cadmin',
    '/a/%2e%2e%5cadmin',
    '/admin%00',
    '/admin%2f',
    '/admin%2fx',
    '/admin;x=1',
    '/admin;x=1/y',
    '/a/..;/admin',
    '/a/..;x=1/admin',
    '/a/%2e%2e;x/admin',
    '/;/admin',
    '/admin/.',
    '/admin/..%2fadmin',
    '/admin?x',
    '/admin%3f',
    '/admin%23',
    '/a/..%c0%afadmin',
    '/a/%c0%ae%c0%ae/admin',
    '/%252e%252e/admin',
    '/x/%252e%252e/admin',
    '/.//admin',
    '/.;/admin',
  ];

  for (const spelling of SPELLINGS) {
    it(`B13 ${spelling}`, async () => {
      const { response, seen } = await send(spelling);
      if (!seen) {
        assert.ok([400, 403].includes(response.status), `status ${response.status}`);
        return;
      }
      // It went through: then no reading that a service could make of it by resolving dots leads to the guarded path,
      // unless the client's own spelling did not claim to (double encoding, parameters).
      const resolved = readings(seen.target).find((path) => path === '/admin' || path.startsWith('/admin/'));
      const plain = seen.target.split('?')[0]!;
      assert.ok(
        !resolved || /%25|;|%2f|%3f|%23|%c0/i.test(plain),
        `origin saw ${seen.target}, which reads as ${resolved}`,
      );
      assert.doesNotMatch(plain, /(^|\/)(\.|%2e){1,2}(\/|$)/i, 'dot segments must not be forwarded');
      assert.doesNotMatch(plain, /^\/(admin|%61dmin)(\/|$)/i, 'the guarded path itself was forwarded');
    });
  }
});

describe('B13 the canonical path is what gets rewritten', () => {
  const REWRITES: readonly (readonly [target: string, seen: string])[] = [
    ['/api/a', '/a'],
    ['/api/', '/'],
    ['/api/a?x=1&y=%2F', '/a?x=1&y=%2F'],
    ['/api/x/../a', '/a'],
    ['/api//a', '/a'],
    ['/%61pi/a', '/a'],
    ['/api/a%2fb', '/a%2fb'],
    ['/old/n/a/b', '/new/n/a/b'],
    ['/x/../old/n/a', '/new/n/a'],
    ['/sub/a/b', '/v2/a/b'],
  ];
  for (const [target, wanted] of REWRITES) {
    it(`B13 ${target} reaches the origin as ${wanted} [GHSA-6jwx-7vp4-9847]`, async () => {
      const { response, seen } = await send(target);
      assert.equal(response.status, 200, response.body);
      assert.equal(seen?.target.toLowerCase(), wanted.toLowerCase());
    });
  }

  it('B13 a path cannot leave the prefix that is stripped [GHSA-2q7r-29rg-6m5h]', async () => {
    for (const target of ['/api/../secret', '/api/%2e%2e/secret']) {
      const { seen } = await send(target);
      assert.equal(seen?.target, '/secret', 'routed by what it resolves to, not by /api/');
    }
    for (const target of ['/api/..%2fsecret', '/api/..%5csecret']) {
      const { response } = await send(target);
      assert.equal(response.status, 400);
    }
  });
});

describe('B13 server.path_policy', () => {
  it('B13 reject answers 400, keep forwards as written', async () => {
    const { config } = gateway.gateway;
    const strict = {
      double_slash: 'reject',
      encoded_slash: 'reject',
      backslash: 'reject',
      parameters: 'reject',
    };
    await gateway.gateway.reload({ ...config, server: { ...config.server, path_policy: strict } });
    for (const target of ['/a//b', '/a%2fb', '/a%5cb', '/a\\b', '/a;v=1']) {
      const { response } = await send(target);
      assert.equal(response.status, 400, target);
      assert.equal((JSON.parse(response.body) as { code: string }).code, 'bad_path', target);
    }
    const lax = { double_slash: 'keep', encoded_slash: 'keep', backslash: 'keep', parameters: 'keep' };
    await gateway.gateway.reload({ ...config, server: { ...config.server, path_policy: lax } });
    for (const target of ['/a//b', '/a%2fb', '/a%5cb', '/a;v=1']) {
      const { response, seen } = await send(target);
      assert.equal(response.status, 200, target);
      assert.equal(seen?.target, target);
    }
    await gateway.gateway.reload({ ...config, server: {} });
  });
});
