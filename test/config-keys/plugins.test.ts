/** Every setting of every built-in plugin through a running gateway. More on what they do: ../plugins/builtin.test.ts. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import zlib from 'node:zlib';
import { hashSync } from 'bcryptjs';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { okResponse, RecordingOrigin } from '../support/origin.ts';
import { Random } from '../support/random.ts';
import { onlyValue, valuesOf, type WireResponse } from '../support/wire.ts';
import { type Ask, ask } from './support.ts';

const random = new Random(1);
/** Like prose: words that come again, in no order. */
const TEXT = JSON.stringify(
  Array.from({ length: 6_000 }, () => `w${Math.floor(random.next() ** 3 * 900)}`).join(' '),
);
const APP = 'https://app.example';
let gateway: Gateway;
let origin: RecordingOrigin;
const routes = new Map<string, unknown>();

/** Declares a route with that one plugin, for the start below. */
function using(path: string, name: string, config: Record<string, unknown>): string {
  routes.set(path, { path, upstream: 'origin', middleware: [{ name, config }] });
  return path;
}

before(async () => {
  origin = await new RecordingOrigin(() =>
    okResponse(TEXT, ['Content-Type', 'application/json'], ['X-Old', '1']),
  ).listen();
  gateway = await startGateway(
    {
      server: { trusted_proxies: ['127.0.0.2/32'] },
      upstreams: [{ name: 'origin', endpoints: [origin.address] }],
      routes: [...routes.values()],
    },
    { workers: 1 },
  );
});
after(async () => {
  await gateway?.stop();
  await origin?.close();
});

const field = (response: WireResponse, name: string) => onlyValue(response.fields, name);
const get = (path: string, fields: readonly string[] = [], options: Ask = {}) =>
  ask(gateway.port, path, { ...options, fields });
const seen = () => origin.seen.at(-1)!.fields;

/** Statuses of requests with these options each, in a row. */
async function statuses(path: string, requests: readonly Ask[]): Promise<number[]> {
  const result: number[] = [];
  for (const options of requests) result.push((await ask(gateway.port, path, options)).status);
  return result;
}

describe('request-id', () => {
  const plain = using('/id', 'request-id', {});
  const own = using('/id-own', 'request-id', { header: 'X-Trace', generator: 'hex' });
  const quiet = using('/id-quiet', 'request-id', { echo: false, trust_incoming: false });

  it('request-id.header and generator', async () => {
    assert.match(field(await get(plain), 'x-request-id') ?? '', /^[0-9a-f]{8}-/);
    assert.match(field(await get(own), 'x-trace') ?? '', /^[0-9a-f]{32}$/);
    assert.match(onlyValue(seen(), 'x-trace') ?? '', /^[0-9a-f]{32}$/);
  });

  it('request-id.echo and trust_incoming', async () => {
    const proxy = { localAddress: '127.0.0.2' };
    assert.equal(field(await get(plain, ['X-Request-Id: given'], proxy), 'x-request-id'), 'given');
    assert.equal(field(await get(quiet, ['X-Request-Id: given'], proxy), 'x-request-id'), undefined);
    assert.notEqual(onlyValue(seen(), 'x-request-id'), 'given');
  });
});

describe('cors', () => {
  const path = using('/cors', 'cors', {
    origins: [APP],
    methods: ['GET', 'PURGE'],
    headers: ['X-Mine'],
    expose: ['X-Old'],
    credentials: true,
    max_age: '77s',
  });
  const preflight = (origin: string) =>
    get(path, [`Origin: ${origin}`, 'Access-Control-Request-Method: GET'], { method: 'OPTIONS' });

  it('cors.origins, expose and credentials', async () => {
    const response = await get(path, [`Origin: ${APP}`]);
    assert.equal(field(response, 'access-control-allow-origin'), APP);
    assert.equal(field(response, 'access-control-expose-headers')?.toLowerCase(), 'x-old');
    assert.equal(field(response, 'access-control-allow-credentials'), 'true');
    const other = await get(path, ['Origin: https://evil.example']);
    assert.equal(field(other, 'access-control-allow-origin'), undefined);
  });

  it('cors.methods, headers and max_age', async () => {
    const response = await preflight(APP);
    assert.equal(response.status, 204);
    assert.equal(field(response, 'access-control-allow-methods'), 'GET, PURGE');
    assert.equal(field(response, 'access-control-allow-headers')?.toLowerCase(), 'x-mine');
    assert.equal(field(response, 'access-control-max-age'), '77');
  });
});

describe('headers', () => {
  const path = using('/headers', 'headers', {
    request: { remove: ['X-Gone'], set: { 'X-Set': 'a' }, add: { 'X-Add': ['b', 'c'] } },
    response: { remove: ['X-Old'], set: { 'Content-Type': 'text/x' }, add: { 'X-New': '1' } },
  });

  it('headers.request and headers.response: remove, set, add', async () => {
    const response = await get(path, ['X-Gone: 1', 'X-Set: 1', 'X-Set: 2', 'X-Add: a']);
    assert.deepEqual(valuesOf(seen(), 'x-gone'), []);
    assert.deepEqual(valuesOf(seen(), 'x-set'), ['a']);
    assert.deepEqual(valuesOf(seen(), 'x-add'), ['a', 'b', 'c']);
    assert.deepEqual(valuesOf(response.fields, 'x-old'), []);
    assert.deepEqual(valuesOf(response.fields, 'content-type'), ['text/x']);
    assert.deepEqual(valuesOf(response.fields, 'x-new'), ['1']);
  });
});

describe('compression', () => {
  const all = ['zstd', 'br', 'gzip'];
  const plain = using('/zip', 'compression', {});
  const fast = using('/zip-fast', 'compression', { gzip_level: 1, br_level: 0, zstd_level: 1 });
  const small = using('/zip-small', 'compression', { gzip_level: 9, br_level: 11, zstd_level: 19 });
  const gzipOnly = using('/zip-gzip', 'compression', { algorithms: ['gzip'] });
  const large = using('/zip-large', 'compression', { min_size: '1MB' });
  const html = using('/zip-html', 'compression', { types: ['text/html'] });
  const zip = (path: string, codings: readonly string[]) => get(path, [`Accept-Encoding: ${codings.join()}`]);

  it('compression.algorithms', async () => {
    assert.equal(field(await zip(gzipOnly, all), 'content-encoding'), 'gzip');
    assert.notEqual(field(await zip(plain, all), 'content-encoding'), 'gzip');
  });

  it('compression.min_size and types', async () => {
    assert.equal(field(await zip(plain, ['gzip']), 'content-encoding'), 'gzip');
    assert.equal(field(await zip(large, ['gzip']), 'content-encoding'), undefined);
    assert.equal(field(await zip(html, ['gzip']), 'content-encoding'), undefined);
  });

  for (const [key, coding] of [
    ['gzip_level', 'gzip'],
    ['br_level', 'br'],
    ['zstd_level', 'zstd'],
  ] as const) {
    const skip = coding === 'zstd' && !('createZstdCompress' in zlib) ? 'this Node.js has no zstd' : false;
    it(`compression.${key}`, { skip }, async () => {
      const [quick, thorough] = [await zip(fast, [coding]), await zip(small, [coding])];
      assert.equal(field(quick, 'content-encoding'), coding);
      assert.ok(thorough.body.length < quick.body.length, `${thorough.body.length} ${quick.body.length}`);
    });
  }
});

describe('rate-limit', () => {
  const limit = (path: string, config: Record<string, unknown>) =>
    using(path, 'rate-limit', { limit: 2, window: '1h', ...config });
  const plain = limit('/limit', {});
  const burst = limit('/limit-burst', { burst: 4 });
  const sliding = limit('/limit-sliding', { algorithm: 'sliding-window', limit: 3, name: 'mine' });
  const byHeader = limit('/limit-header', { key: ['header:x-user'] });
  const byRoute = limit('/limit-route', { key: ['route'] });
  const byNothing = limit('/limit-none', { key: [], headers: false });
  const short = limit('/limit-short', { window: '400ms' });
  const by64 = limit('/limit-64', {});
  const by48 = limit('/limit-48', { ipv6_prefix: 48 });
  const from = (address: number): Ask => ({ localAddress: `127.0.0.${address}` });
  const user = (name: string): Ask => ({ fields: [`X-User: ${name}`] });

  it('rate-limit.limit, with key ip by default', async () => {
    assert.deepEqual(await statuses(plain, [from(3), from(3), from(3), from(4)]), [200, 200, 429, 200]);
  });

  it('rate-limit.burst', async () => {
    assert.deepEqual(await statuses(burst, [{}, {}, {}, {}, {}]), [200, 200, 200, 200, 429]);
  });

  it('rate-limit.key', async () => {
    const users = [user('a'), user('a'), user('a'), user('b')];
    assert.deepEqual(await statuses(byHeader, users), [200, 200, 429, 200]);
    for (const path of [byRoute, byNothing])
      assert.deepEqual(await statuses(path, [from(3), from(4), from(5)]), [200, 200, 429], path);
  });

  it('rate-limit.algorithm, name and headers', async () => {
    const first = await get(sliding);
    assert.match(field(first, 'ratelimit') ?? '', /^"mine";r=2;t=\d+$/);
    assert.match(field(first, 'ratelimit-policy') ?? '', /^"mine";q=3;w=3600/);
    assert.deepEqual(await statuses(sliding, [{}, {}, {}]), [200, 200, 429]);
    const silent = await get(byNothing);
    assert.equal(field(silent, 'ratelimit'), undefined);
    assert.ok(Number(field(silent, 'retry-after')) > 0);
  });

  it('rate-limit.ipv6_prefix', async () => {
    const client = (address: string): Ask => ({
      localAddress: '127.0.0.2',
      fields: [`X-Forwarded-For: ${address}`],
    });
    const clients = ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1::3', '2001:db8:0:2::1'].map(client);
    assert.deepEqual(await statuses(by64, clients), [200, 200, 429, 200]);
    assert.deepEqual(await statuses(by48, clients), [200, 200, 429, 429]);
  });

  it('rate-limit.window', async () => {
    assert.deepEqual(await statuses(short, [{}, {}]), [200, 200]);
    await new Promise((resolve) => setTimeout(resolve, 450));
    assert.deepEqual(await statuses(short, [{}]), [200]);
  });
});

describe('basic-auth', () => {
  const users = [
    { username: 'hashed', password_hash: hashSync('one', 4) },
    { username: 'plain', password: 'two' },
  ];
  const path = using('/auth', 'basic-auth', { users });
  const other = using('/auth-other', 'basic-auth', {
    users,
    realm: 'vault',
    remove_authorization: false,
  });
  const slow = [{ username: 'slow', password_hash: hashSync('three', 11) }];
  const cached = using('/auth-cached', 'basic-auth', { users: slow });
  const uncached = using('/auth-uncached', 'basic-auth', { users: slow, cache_ttl: '1ms' });
  const login = (credentials: string) =>
    `Authorization: Basic ${Buffer.from(credentials).toString('base64')}`;

  it('basic-auth.users: username with password_hash or password', async () => {
    const asked = [];
    for (const credentials of ['hashed:one', 'plain:two', 'hashed:two', 'plain:one', 'nobody:one'])
      asked.push((await get(path, [login(credentials)])).status);
    assert.deepEqual(asked, [200, 200, 401, 401, 401]);
  });

  it('basic-auth.realm and remove_authorization', async () => {
    assert.match(field(await get(path), 'www-authenticate') ?? '', /realm="octopus"/);
    assert.match(field(await get(other), 'www-authenticate') ?? '', /realm="vault"/);
    await get(path, [login('plain:two')]);
    assert.deepEqual(valuesOf(seen(), 'authorization'), []);
    await get(other, [login('plain:two')]);
    assert.equal(valuesOf(seen(), 'authorization').length, 1);
  });

  it('basic-auth.cache_ttl', async () => {
    const time = async (path: string) => {
      const start = performance.now();
      for (let index = 0; index < 6; index++)
        assert.equal((await get(path, [login('slow:three')])).status, 200);
      return performance.now() - start;
    };
    // No run of bcrypt beside six of them: the first one, which starts the threads for it, is not counted.
    for (const path of [cached, uncached]) await get(path, [login('slow:three')]);
    const [remembered, forgotten] = [await time(cached), await time(uncached)];
    assert.ok(forgotten > 2 * remembered, `${remembered} and ${forgotten} ms`);
  });

  it('its passwords are not in /_/config', async () => {
    const text = await (await gateway.admin('/_/config')).text();
    assert.match(text, /"basic-auth"/);
    assert.doesNotMatch(text, /"two"|\$2[aby]\$/);
  });
});

describe('ip-filter', () => {
  const allow = using('/ip-allow', 'ip-filter', { allow: ['127.0.0.3', '127.0.0.16/28'] });
  const deny = using('/ip-deny', 'ip-filter', { allow: ['127.0.0.0/8'], deny: ['127.0.0.3'] });
  const from = (address: number): Ask => ({ localAddress: `127.0.0.${address}` });

  it('ip-filter.allow and deny', async () => {
    assert.deepEqual(await statuses(allow, [from(3), from(17), from(4)]), [200, 200, 403]);
    assert.deepEqual(await statuses(deny, [from(3), from(17), from(4)]), [403, 200, 200]);
  });
});
