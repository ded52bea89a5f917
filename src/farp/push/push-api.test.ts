import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { LogFields } from '../../shared/messages.ts';
import { PushApi } from './push-api.ts';
import type { PushRequest } from './push-message.ts';
import type { PushedInstance } from './pushed-instance.ts';
import { PushRegistry } from './registry.ts';
import type { PushCredential, PushSettings } from './settings.ts';
import { StateFile } from './state-file.ts';

const OPEN: PushSettings = {
  closed: null,
  auth: 'none',
  credentials: [],
  heartbeatTimeout: 30_000,
  probeInterval: 10_000,
  unreachableTimeout: 600_000,
  registrationsPerMinute: 600,
  strict: false,
  checksum: 'reject',
};
const BEARER: PushSettings = {
  ...OPEN,
  auth: 'bearer',
  credentials: [credential('shop', 'token-of-the-shop'), credential('pay', 'token-of-payments', ['pay*'])],
};

function credential(name: string, token: string, services: string[] = []): PushCredential {
  return { name, digest: createHash('sha256').update(token).digest(), services };
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-push-'));
after(() => rmSync(folder, { recursive: true, force: true }));

class Bench {
  now = 1_000;
  published: readonly PushedInstance[] = [];
  readonly log: { level: string; message: string; fields: LogFields }[] = [];
  readonly alive = new Set<string>();
  readonly registry: PushRegistry;
  readonly api: PushApi;

  constructor(settings = OPEN, stateFile = '') {
    const log = (level: string, message: string, fields: LogFields) => {
      this.log.push({ level, message, fields });
    };
    this.registry = new PushRegistry({
      settings,
      log,
      state: stateFile === '' ? null : new StateFile(stateFile, log),
      now: () => this.now,
      probe: async (host, port) => this.alive.has(`${host}:${port}`),
    });
    this.api = new PushApi({ registry: this.registry, log, now: () => this.now });
    this.registry.start({
      publish: (instances) => {
        this.published = instances as readonly PushedInstance[];
      },
      failed: (reason) => assert.fail(reason),
      refused: (entry, reason) => assert.fail(`${entry}: ${reason}`),
    });
  }

  async call(method: string, target: string, body?: unknown, changes: Partial<PushRequest> = {}) {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const {
      status,
      headers,
      body: answered,
    } = await this.api.handle({
      ...{ method, path: `/_farp/v1${target}`, headers: {}, body: Buffer.from(text) },
      ...{ peer: '10.0.0.9', admin: false },
      ...changes,
    });
    assert.equal(headers['X-FARP-Version'], '1.1.0');
    return { status, headers, body: JSON.parse(answered) };
  }

  register(instance: object = {}, manifest?: object, changes: Partial<PushRequest> = {}) {
    const body = { instance: { ...INSTANCE, ...instance }, ...(manifest && { manifest }) };
    return this.call('POST', '/register', body, changes);
  }

  /** Publishing waits for the end of the turn, so that changes come together. */
  async instances(): Promise<readonly PushedInstance[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.published;
  }

  async pass(milliseconds: number, step = 1_000): Promise<void> {
    for (const end = this.now + milliseconds; this.now < end; ) {
      this.now += Math.min(step, end - this.now);
      await this.registry.sweep();
    }
  }
}

const INSTANCE = { id: 'orders-1', service_name: 'orders', address: '10.0.0.7', port: 8080 };
const MANIFEST = {
  version: '1.1.0',
  service_name: 'orders',
  instance_id: 'orders-1',
  endpoints: { health: '/health' },
  routing: { strategy: 'service' },
  route_table: [{ path: '/orders', methods: ['GET'] }],
  routes_checksum: 'abc',
};
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('a registration', () => {
  it('is published with its manifest', async () => {
    const bench = new Bench();
    const { status, body } = await bench.register(
      { version: '2.3.0', tags: ['a'], metadata: { x: 'y' } },
      MANIFEST,
    );
    assert.equal(status, 200);
    assert.deepEqual(body, { status: 'registered', routes_checksum: 'abc', schemas_applied: 0 });
    const [instance] = await bench.instances();
    assert.equal(instance?.manifest?.routeTable[0]?.path, '/orders');
    assert.deepEqual(
      { ...instance, manifest: null },
      {
        ...{ id: 'orders-1', service: 'orders', version: '2.3.0', host: '10.0.0.7', port: 8080, tls: false },
        ...{
          weight: 100,
          zone: '',
          status: 'healthy',
          tags: ['a'],
          metadata: { 'farp.enabled': 'true', x: 'y' },
          manifest: null,
        },
        ...{ schemas: {}, revision: 1 },
      },
    );
  });

  it('says its version in either spelling', async () => {
    const bench = new Bench();
    await bench.register({ service_version: '3' });
    assert.equal((await bench.instances())[0]?.version, '3');
  });

  const addresses: [name: string, instance: object, seen: string][] = [
    ['host and port', { address: '10.0.0.7', port: 80 }, '10.0.0.7:80'],
    ['host:port with port 0', { address: '10.0.0.7:8080', port: 0 }, '10.0.0.7:8080'],
    ['host:port without port', { address: '10.0.0.7:8080', port: undefined }, '10.0.0.7:8080'],
    ['the same port twice', { address: '10.0.0.7:8080', port: 8080 }, '10.0.0.7:8080'],
    ['IPv6 in brackets', { address: '[2001:db8::7]:8080', port: 0 }, '2001:db8::7:8080'],
    ['bare IPv6', { address: '2001:db8::7', port: 8080 }, '2001:db8::7:8080'],
    ['a name', { address: 'Orders.internal', port: 8080 }, 'orders.internal:8080'],
    ['localhost, from elsewhere', { address: 'localhost', port: 9090 }, '10.0.0.9:9090'],
    ['a loopback address, from elsewhere', { address: '127.0.0.1:9090', port: 0 }, '10.0.0.9:9090'],
    ['the unspecified address', { address: '0.0.0.0', port: 9090 }, '10.0.0.9:9090'],
    ['all interfaces as Go writes them', { address: '[::]:9090', port: 0 }, '10.0.0.9:9090'],
    ['no address', { address: null, port: 9090 }, '10.0.0.9:9090'],
    ['a URL', { address: 'https://10.0.0.7:8443', port: 0 }, '10.0.0.7:8443'],
  ];
  for (const [name, instance, seen] of addresses) {
    it(`address: ${name}`, async () => {
      const bench = new Bench();
      const { status, body } = await bench.register(instance);
      assert.equal(status, 200, JSON.stringify(body));
      const [published] = await bench.instances();
      assert.equal(`${published?.host}:${published?.port}`, seen);
    });
  }

  it('from this host stays on loopback', async () => {
    const bench = new Bench();
    await bench.register({ address: 'localhost' }, undefined, { peer: '::ffff:127.0.0.1' });
    assert.equal((await bench.instances())[0]?.host, 'localhost');
  });

  it('has its loopback URLs rewritten', async () => {
    const bench = new Bench();
    const metadata = { 'farp.manifest': 'http://localhost:9090/_farp/manifest', other: 'http://localhost/x' };
    await bench.register({ address: 'localhost', metadata });
    assert.deepEqual((await bench.instances())[0]?.metadata, {
      'farp.enabled': 'true',
      'farp.manifest': 'http://10.0.0.9:9090/_farp/manifest',
      other: 'http://localhost/x',
    });
  });

  it('without manifest keeps the one before, and asks for a look at it', async () => {
    const bench = new Bench();
    await bench.register({}, MANIFEST);
    await bench.register({ version: '2' });
    const [instance] = await bench.instances();
    assert.equal(instance?.manifest?.routesChecksum, 'abc');
    assert.equal(instance?.revision, 2);
  });

  it('replaces another id of the same service at the same address', async () => {
    const bench = new Bench();
    await bench.register();
    await bench.register({ id: 'orders-2' });
    await bench.register({ id: 'orders-3', port: 8081 });
    await bench.register({ id: 'other', service_name: 'other' });
    assert.deepEqual(
      (await bench.instances()).map(({ id }) => id),
      ['orders-2', 'orders-3', 'other'],
    );
  });

  it('of the older kind', async () => {
    const bench = new Bench();
    const manifest = { ...MANIFEST, instance: { address: 'localhost:7000' } };
    const schemas = { openapi: { openapi: '3.1.0' }, nonsense: {} };
    const { status, body } = await bench.call('POST', '/register', { manifest, schemas });
    assert.equal(status, 200);
    assert.deepEqual(body, { success: true, message: 'orders is registered', routes: 1 });
    const [instance] = await bench.instances();
    assert.equal(`${instance?.id} ${instance?.host}:${instance?.port}`, 'orders-1 10.0.0.9:7000');
    assert.deepEqual(instance?.schemas, { openapi: { openapi: '3.1.0' } });
  });
});

describe('what is not registered', () => {
  const refusals: [name: string, body: unknown, status: number, error: RegExp][] = [
    ['no JSON', '{', 400, /^invalid JSON: unexpected end of JSON input$/],
    ['nothing', '', 400, /^invalid JSON: /],
    ['a list', [], 400, /^invalid registration: expected an object$/],
    ['no instance', {}, 400, /^instance ID is required$/],
    ['no id', { instance: { service_name: 'x' } }, 400, /^instance ID is required$/],
    ['no name', { instance: { id: 'x' } }, 400, /^service name is required$/],
    ['a path as name', named('../admin'), 400, /^service name must begin with/],
    ['a name of the gateway', named('_farp'), 400, /^service name must begin with/],
    ['a reserved name', named('health'), 400, /^service name is reserved$/],
    ['an id with a slash', { instance: { ...INSTANCE, id: 'a/b' } }, 400, /^instance ID holds/],
    ['no port', { instance: { ...INSTANCE, port: 0 } }, 400, /^instance address is required/],
    ['port 70000', { instance: { ...INSTANCE, port: 70_000 } }, 400, /^port must be/],
    ['an address with a path', at('10.0.0.7/x'), 400, /^instance address is required/],
    ['the metadata service', at('169.254.169.254'), 400, /^address is link-local/],
    ['the same as IPv6', at('[::ffff:169.254.169.254]:80'), 400, /^address is link-local/],
    ['the same by name', at('metadata.google.internal.'), 400, /metadata service/],
    ['link-local IPv6', at('fe80::1'), 400, /^address is link-local/],
    ['broadcast', at('255.255.255.255'), 400, /^address is link-local, multicast/],
    [
      'a manifest of another',
      { instance: INSTANCE, manifest: { ...MANIFEST, service_name: 'b' } },
      400,
      /not of orders/,
    ],
    [
      'a wrong checksum',
      { instance: INSTANCE, manifest: { ...MANIFEST, checksum: 'f'.repeat(64) } },
      400,
      /^invalid manifest: schema checksum mismatch/,
    ],
    [
      'a manifest of tomorrow',
      { instance: INSTANCE, manifest: { ...MANIFEST, version: '2.0.0' } },
      400,
      /incompatible protocol version/,
    ],
    ['a depth bomb', `{"instance":${'['.repeat(400_000)}`, 400, /nested deeper than 200/],
    ['2 MB', `{"instance":"${'x'.repeat(2_000_000)}"}`, 413, /larger than 1048576/],
  ];
  for (const [name, body, status, error] of refusals) {
    it(name, async () => {
      const bench = new Bench();
      const answer = await bench.call('POST', '/register', body);
      assert.equal(answer.status, status);
      assert.match(answer.body.error, error);
      assert.deepEqual(await bench.instances(), []);
    });
  }

  function named(service_name: string): object {
    return { instance: { ...INSTANCE, service_name } };
  }

  function at(address: string): object {
    return { instance: { ...INSTANCE, address } };
  }

  it('a bad manifest leaves the good registration as it was', async () => {
    const bench = new Bench();
    await bench.register({}, MANIFEST);
    const { status } = await bench.register({ version: '2' }, { ...MANIFEST, version: 'x' });
    assert.equal(status, 400);
    const [instance] = await bench.instances();
    assert.equal(instance?.version, '');
    assert.equal(instance?.manifest?.routesChecksum, 'abc');
  });

  it('what a web page sends', async () => {
    const bench = new Bench();
    for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const { status } = await bench.register({}, undefined, { headers: headers as never });
      assert.equal(status, 403);
    }
    assert.equal(bench.registry.size, 0);
  });

  it('compressed bodies', async () => {
    const { status } = await new Bench().register({}, undefined, { headers: { 'content-encoding': 'gzip' } });
    assert.equal(status, 415);
  });

  it('more than the limit', async () => {
    const bench = new Bench({ ...OPEN, registrationsPerMinute: 3 });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await bench.register()).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    const refused = await bench.register();
    assert.equal(refused.headers['Retry-After'], '20');
    assert.equal((await bench.register({}, undefined, { peer: '10.0.0.10', headers: {} })).status, 403);
    bench.now += 20_000;
    assert.equal((await bench.register()).status, 200);
  });
});

describe('paths', () => {
  const cases: [method: string, target: string, status: number][] = [
    ['GET', '/register', 405],
    ['POST', '/services', 405],
    ['GET', '/heartbeat/x', 405],
    ['PUT', '/heartbeat', 404],
    ['PUT', '/heartbeat/', 404],
    ['PUT', '/heartbeat/a/b', 404],
    ['PUT', '/heartbeat/%zz', 400],
    ['DELETE', '/deregister/', 404],
    ['GET', '/__proto__', 404],
    ['GET', '', 404],
    ['GET', '/services', 200],
    ['HEAD', '/services', 200],
    ['GET', '/services/nobody', 200],
  ];
  for (const [method, target, status] of cases) {
    it(`${method} ${target}`, async () => {
      const answer = await new Bench().call(method, target);
      assert.equal(answer.status, status);
      if (status === 405) assert.ok(answer.headers['Allow']);
    });
  }
});

describe('services', () => {
  it('are listed as the libraries read them', async () => {
    const bench = new Bench();
    assert.deepEqual((await bench.call('GET', '/services')).body, []);
    await bench.register({ version: '2.3.0', metadata: { 'farp.enabled': 'true' } });
    await bench.register({ id: 'p1', service_name: 'Pay', port: 9 });
    const { body } = await bench.call('GET', '/services');
    assert.equal(body.length, 2);
    assert.deepEqual(
      { ...body[0], registered_at: null, last_health_check: null },
      {
        ...{ id: 'orders-1', service_name: 'orders', version: '2.3.0', service_version: '2.3.0' },
        ...{
          address: '10.0.0.7',
          port: 8080,
          status: 'healthy',
          tags: [],
          metadata: { 'farp.enabled': 'true' },
        },
        ...{ registered_at: null, last_health_check: null },
      },
    );
    assert.ok(Math.abs(Date.parse(body[0].registered_at) - Date.now()) < 60_000);
    assert.deepEqual(
      (await bench.call('GET', '/services/pay')).body.map(({ id }: { id: string }) => id),
      ['p1'],
    );
  });
});

describe('heartbeats', () => {
  it('echo what is in force, and answer 404 to strangers', async () => {
    const bench = new Bench();
    await bench.register({}, MANIFEST);
    const known = await bench.call('PUT', '/heartbeat/orders-1', {
      status: 'healthy',
      routes_checksum: 'abc',
    });
    assert.equal(known.status, 200);
    assert.deepEqual(known.body, { status: 'ok', routes_checksum: 'abc', schemas_applied: 0 });
    const unknown = await bench.call('PUT', '/heartbeat/nope', { status: 'healthy' });
    assert.equal(unknown.status, 404);
    assert.equal(unknown.body.error, 'instance not found');
    assert.equal(unknown.body.action, 're-register');
  });

  it('change the status; another routes_checksum asks for a look', async () => {
    const bench = new Bench();
    await bench.register({}, MANIFEST);
    await bench.call('PUT', '/heartbeat/orders-1', { status: 'draining', routes_checksum: 'abc' });
    let [instance] = await bench.instances();
    assert.deepEqual([instance?.status, instance?.revision], ['draining', 1]);
    await bench.call('PUT', '/heartbeat/orders-1', { status: 'dozing', routes_checksum: 'def' });
    [instance] = await bench.instances();
    assert.deepEqual([instance?.status, instance?.revision], ['starting', 2]);
    await bench.call('PUT', '/heartbeat/orders-1', { routes_checksum: 'def' });
    [instance] = await bench.instances();
    assert.deepEqual([instance?.status, instance?.revision], ['starting', 2]);
  });

  it('that stop are the end', async () => {
    const bench = new Bench();
    await bench.register();
    await bench.call('PUT', '/heartbeat/orders-1', {});
    await bench.pass(29_000);
    assert.equal((await bench.instances()).length, 1);
    await bench.pass(2_000);
    assert.equal((await bench.instances()).length, 0);
    assert.ok(bench.log.some(({ message }) => message === 'service dropped'));
  });

  it('are not missed when it was the gateway that slept', async () => {
    const bench = new Bench();
    await bench.register();
    await bench.call('PUT', '/heartbeat/orders-1', {});
    await bench.pass(3_600_000, 3_600_000);
    assert.equal((await bench.instances()).length, 1);
    await bench.pass(31_000);
    assert.equal((await bench.instances()).length, 0);
  });
});

describe('services that send no heartbeats', () => {
  it('stay as long as something answers there', async () => {
    const bench = new Bench();
    bench.alive.add('10.0.0.7:8080');
    await bench.register();
    await bench.pass(3_600_000, 10_000);
    assert.deepEqual(
      (await bench.instances()).map(({ status }) => status),
      ['healthy'],
    );
  });

  it('get no traffic while nothing answers, and are dropped after ten minutes of that', async () => {
    const bench = new Bench();
    bench.alive.add('10.0.0.7:8080');
    await bench.register();
    await bench.pass(15_000);
    bench.alive.clear();
    await bench.pass(35_000);
    assert.deepEqual(
      (await bench.instances()).map(({ status }) => status),
      ['unhealthy'],
    );
    bench.alive.add('10.0.0.7:8080');
    await bench.pass(12_000);
    assert.deepEqual(
      (await bench.instances()).map(({ status }) => status),
      ['healthy'],
    );
    bench.alive.clear();
    await bench.pass(590_000, 5_000);
    assert.equal((await bench.instances()).length, 1);
    await bench.pass(30_000, 5_000);
    assert.equal((await bench.instances()).length, 0);
  });
});

describe('deregistration', () => {
  it('by id, once', async () => {
    const bench = new Bench();
    await bench.register();
    assert.equal((await bench.call('DELETE', '/deregister/orders-1')).status, 200);
    assert.equal((await bench.instances()).length, 0);
    assert.equal((await bench.call('DELETE', '/deregister/orders-1')).status, 404);
  });

  it('by the name of a service with one instance', async () => {
    const bench = new Bench();
    await bench.register();
    assert.equal((await bench.call('DELETE', '/deregister/Orders')).status, 200);
    assert.equal(bench.registry.size, 0);
  });

  it('by a name that is two instances: only the own one', async () => {
    const bench = new Bench(BEARER);
    const shop = bearer('token-of-the-shop');
    await bench.register({}, undefined, shop);
    await bench.register({ id: 'orders-2', address: '10.0.0.8' }, undefined, { ...shop, peer: '10.0.0.8' });
    const elsewhere = await bench.call('DELETE', '/deregister/orders', undefined, {
      ...shop,
      peer: '10.0.0.1',
    });
    assert.equal(elsewhere.status, 409);
    const own = await bench.call('DELETE', '/deregister/orders', undefined, { ...shop, peer: '10.0.0.8' });
    assert.deepEqual([own.status, own.body.id], [200, 'orders-2']);
  });

  it('of an id that has to be percent-encoded', async () => {
    const bench = new Bench();
    await bench.register({ id: 'ä:1' });
    assert.equal((await bench.call('DELETE', `/deregister/${encodeURIComponent('ä:1')}`)).status, 200);
  });
});

describe('who may', () => {
  it('nobody, where it is closed; an administrator all the same', async () => {
    const bench = new Bench({ ...OPEN, closed: 'push is off' });
    const { status, body } = await bench.register();
    assert.deepEqual([status, body.error], [403, 'push is off']);
    assert.equal((await bench.register({}, undefined, { admin: true })).status, 200);
  });

  it('with a token: its holder, for the services it is for', async () => {
    const bench = new Bench(BEARER);
    const none = await bench.register();
    assert.equal(none.status, 401);
    assert.match(none.headers['WWW-Authenticate']!, /^Bearer/);
    for (const authorization of [
      'Bearer wrong',
      'Bearer',
      'Basic dG9rZW4tb2YtdGhlLXNob3A=',
      'token-of-the-shop',
    ])
      assert.equal(
        (await bench.register({}, undefined, { headers: { authorization } })).status,
        401,
        authorization,
      );
    assert.equal((await bench.register({}, undefined, bearer('token-of-the-shop'))).status, 200);
    assert.equal((await bench.register({ id: 'x' }, undefined, bearer('token-of-payments'))).status, 403);
    const paid = await bench.register(
      { id: 'x', service_name: 'payments' },
      undefined,
      bearer('token-of-payments'),
    );
    assert.equal(paid.status, 200);
    assert.equal((await bench.call('GET', '/services')).status, 401);
  });

  it('not over what somebody else registered', async () => {
    const bench = new Bench({ ...BEARER, credentials: [credential('a', 'aaa'), credential('b', 'bbb')] });
    await bench.register({}, undefined, bearer('aaa'));
    const other = bearer('bbb');
    assert.equal((await bench.register({ address: '6.6.6.6' }, undefined, other)).status, 403);
    assert.equal((await bench.call('PUT', '/heartbeat/orders-1', {}, other)).status, 403);
    assert.equal((await bench.call('DELETE', '/deregister/orders-1', undefined, other)).status, 403);
    assert.equal((await bench.call('DELETE', '/deregister/orders', undefined, other)).status, 403);
    // The same address under another id does not push the owner out either.
    assert.equal((await bench.register({ id: 'orders-2' }, undefined, other)).status, 200);
    assert.deepEqual(
      (await bench.instances()).map(({ id, host }) => [id, host]),
      [
        ['orders-1', '10.0.0.7'],
        ['orders-2', '10.0.0.7'],
      ],
    );
  });

  it('without tokens: ids belong to the address that registered them', async () => {
    const bench = new Bench();
    await bench.register();
    const stranger = { peer: '10.0.0.66' };
    assert.equal((await bench.register({ address: '6.6.6.6' }, undefined, stranger)).status, 403);
    assert.equal((await bench.call('DELETE', '/deregister/orders-1', undefined, stranger)).status, 403);
    assert.equal(
      (await bench.register({ version: '2' }, undefined, { peer: '::ffff:10.0.0.9' })).status,
      200,
    );
  });

  it('a token outranks an address, so that tokens can be introduced', async () => {
    const bench = new Bench();
    await bench.register();
    bench.registry.configure(BEARER);
    assert.equal(
      (await bench.register({}, undefined, { ...bearer('token-of-the-shop'), peer: '10.0.0.66' })).status,
      200,
    );
  });

  it('guesses at tokens are slowed down', async () => {
    const bench = new Bench(BEARER);
    const statuses = [];
    for (let i = 0; i < 62; i++)
      statuses.push((await bench.register({}, undefined, bearer(`guess-${i}`))).status);
    assert.deepEqual(statuses.slice(59), [401, 429, 429]);
    assert.equal((await bench.register({}, undefined, bearer('token-of-the-shop'))).status, 200);
  });
});

describe('the state file', () => {
  let count = 0;
  const newFile = () => path.join(folder, `state-${count++}.json`);

  it('brings everything back', async () => {
    const file = newFile();
    const before = new Bench(BEARER, file);
    const secret = { webhook: { service_webhook: '/hook', secret: 'hush' } };
    await before.register(
      { tags: ['t'], metadata: { 'farp.manifest': 'https://10.0.0.7:8080/m' } },
      { ...MANIFEST, ...secret },
      bearer('token-of-the-shop'),
    );
    await before.register(
      { id: 'v6', address: '[2001:db8::7]:9', port: 0 },
      undefined,
      bearer('token-of-the-shop'),
    );
    await before.call('PUT', '/heartbeat/orders-1', { status: 'degraded' }, bearer('token-of-the-shop'));
    const was = await before.instances();
    await before.registry.close();
    assert.equal(statSync(file).mode & 0o777, 0o600);

    const after = new Bench(BEARER, file);
    const is = await after.instances();
    assert.deepEqual(
      is.map((instance) => ({ ...instance, revision: 0 })),
      was.map((instance) => ({ ...instance, revision: 0 })),
    );
    const foreign = await after.register({}, undefined, bearer('token-of-payments'));
    assert.equal(foreign.status, 403);
    // It did send heartbeats before, so it is expected to go on.
    await after.pass(31_000);
    assert.deepEqual(
      (await after.instances()).map(({ id }) => id),
      ['v6'],
    );
    await after.registry.close();
  });

  it('is written before the answer', async () => {
    const file = newFile();
    const bench = new Bench(OPEN, file);
    const count = () => JSON.parse(readFileSync(file, 'utf8')).instances.length;
    await bench.register();
    assert.equal(count(), 1);
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => bench.register({ id: `i-${i}`, port: 1000 + i })),
    );
    assert.equal(count(), 101);
    await bench.call('DELETE', '/deregister/i-7');
    assert.equal(count(), 100);
    await bench.registry.close();
  });

  for (const garbage of [
    '',
    'no json',
    '{"format":1,"instances":',
    '{"format":2,"instances":[]}',
    '[]',
    '\0'.repeat(99),
  ]) {
    it(`survives ${JSON.stringify(garbage.slice(0, 30))} in it`, async () => {
      const file = newFile();
      writeFileSync(file, garbage);
      const bench = new Bench(OPEN, file);
      assert.equal(bench.registry.size, 0);
      assert.equal(readFileSync(`${file}.bad`, 'utf8'), garbage);
      await bench.register();
      await bench.registry.close();
      assert.equal(new Bench(OPEN, file).registry.size, 1);
    });
  }

  it('one bad entry does not cost the others', () => {
    const file = newFile();
    const good = {
      instance: { ...INSTANCE },
      owner: 'peer:10.0.0.9',
      peer: '10.0.0.9',
      registered_at: '2026-01-01T00:00:00Z',
      heartbeats: false,
    };
    const bad = [
      null,
      {},
      { ...good, owner: 7 },
      { ...good, instance: { ...INSTANCE, service_name: '../x' } },
    ];
    writeFileSync(file, JSON.stringify({ format: 1, instances: [...bad, good] }));
    const bench = new Bench(OPEN, file);
    assert.equal(bench.registry.size, 1);
    assert.equal(
      bench.log.filter(({ message }) => message === 'a kept registration cannot be used').length,
      4,
    );
  });

  it('that cannot be written is said once, and the gateway goes on', async () => {
    const bench = new Bench(OPEN, path.join(folder, 'no', 'such', 'folder', 'state.json'));
    await bench.register();
    await bench.registry.close();
    assert.equal(bench.log.filter(({ level }) => level === 'error').length, 1);
  });
});
