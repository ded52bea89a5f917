/** Services appear, change and vanish by themselves: through a running gateway. */
import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { FarpService, type FarpServiceOptions, listed } from '../support/farp-service.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { deadPort } from '../support/ports.ts';

let gateway: Gateway;
let isRunning = false;
const services: FarpService[] = [];

async function service(options: FarpServiceOptions): Promise<FarpService> {
  const started = await FarpService.start(options);
  services.push(started);
  return started;
}

function discovering(list: readonly Record<string, unknown>[], more: GatewayConfig = {}): GatewayConfig {
  return {
    farp: { enabled: true, watch_interval: '200ms' },
    discovery: { backend: 'static', static: { services: list } },
    ...more,
  };
}

async function get(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers });
  return { status: response.status, body: await response.text() };
}

const answers = (path: string, body: string) =>
  eventually(async () => (await get(path)).body === body, `${path} to answer ${body}`);
const isGone = (path: string) =>
  eventually(async () => (await get(path)).status === 404, `${path} to be gone`);

async function admin<T>(path: string): Promise<T> {
  return (await (await gateway.admin(path)).json()) as T;
}

interface Report {
  readonly state: string;
  readonly last_error: string;
  readonly problems: readonly { readonly subject: string; readonly message: string }[];
  readonly history: readonly { readonly event: string; readonly detail: string }[];
}

interface Upstreams {
  readonly upstreams: readonly {
    readonly name: string;
    readonly endpoints: readonly { readonly address: string; readonly weight: number }[];
  }[];
}

/** Every instance has been asked. */
const hasAll = (name: string, count: number): Promise<boolean> =>
  eventually(async () => {
    const { instance_list } = await admin<{ instance_list: { manifest: string }[] }>(`/_/services/${name}`);
    return instance_list.filter(({ manifest }) => manifest === 'accepted').length === count;
  }, `${count} instances of ${name}`);

/** All workers have these endpoints and no others: the admin API tells of what each of them has confirmed. */
const hasWeights = (name: string, weights: Readonly<Record<string, number>>): Promise<boolean> =>
  eventually(
    async () => {
      const { upstreams } = await admin<Upstreams>('/_/upstreams');
      const endpoints = upstreams.find((upstream) => upstream.name === name)?.endpoints ?? [];
      const found = Object.fromEntries(endpoints.map(({ address, weight }) => [address, weight]));
      return isDeepStrictEqual(found, weights);
    },
    `${name} with the weights ${JSON.stringify(weights)}`,
  );

/** How many of `count` requests each instance answered. */
async function spread(path: string, count: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let request = 0; request < count; request++) {
    const { status, body } = await get(path);
    assert.equal(status, 200, body);
    const [id = ''] = body.split(' ');
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Workers share the turns, which follow the weights to within a few from any turn on. */
function assertSpread(counts: ReadonlyMap<string, number>, expected: Readonly<Record<string, number>>): void {
  assert.deepEqual([...counts.keys()].sort(), Object.keys(expected).sort());
  for (const [id, count] of Object.entries(expected))
    assert.ok(Math.abs(counts.get(id)! - count) <= 5, JSON.stringify([...counts]));
}

/** Starts the gateway, or gives the one that runs another configuration and waits for these paths. */
async function use(config: GatewayConfig, ...paths: readonly string[]): Promise<void> {
  if (!isRunning) gateway = await startGateway(config);
  else await gateway.reload(config);
  isRunning = true;
  for (const path of paths)
    await eventually(async () => (await get(path)).status === 200, `${path} to be there`);
}

afterEach(async () => {
  for (const one of services.splice(0)) await one.close();
});

describe('services', () => {
  it('that are there before the gateway have their routes when it is ready; nothing else of them is reachable', async () => {
    const orders = await service({ name: 'orders' });
    await use(discovering([orders.listed]));
    assert.deepEqual(await get('/orders/items'), { status: 200, body: 'orders-1 /items' });
    assert.deepEqual(await get('/orders/items/7'), { status: 200, body: 'orders-1 /items/7' });
    assert.equal((await get('/orders/secret')).status, 404);
    assert.equal((await get('/orders/_farp/manifest')).status, 404);
  });

  it('change their schema: new paths come and old ones go, and nobody fetches what is not new', async () => {
    const orders = await service({ name: 'changing', paths: ['/old', '/kept'] });
    await use(discovering([orders.listed]), '/changing/old');
    await eventually(async () => (orders.served.get('/_farp/manifest') ?? 0) >= 4, 'some looks');
    assert.equal(orders.served.get('/openapi.json'), 1);
    orders.change(['/new', '/kept']);
    await answers('/changing/new', 'changing-1 /new');
    assert.equal((await get('/changing/old')).status, 404);
    assert.equal((await get('/changing/kept')).status, 200);
    assert.equal(orders.served.get('/openapi.json'), 2);
    const metrics = await gateway.metrics();
    assert.equal(metrics.sum('octopus_farp_schema_updates_total', { service: 'changing' }), 2);
    assert.equal(metrics.sum('octopus_farp_services_total'), 1);
    assert.equal(metrics.sum('octopus_farp_routes_total', { service: 'changing', type: 'openapi' }), 2);
    assert.equal(metrics.sum('octopus_discovery_up', { backend: 'static' }), 1);
    assert.equal(metrics.sum('octopus_discovery_stale_seconds', { backend: 'static' }), 0);
    const { history } = await admin<Report>('/_/services/changing');
    assert.deepEqual(
      history.map(({ event }) => event),
      ['appeared', 'changed', 'changed', 'changed'],
    );
  });

  it('come and go with the list of the backend; a request in flight when its service goes is finished', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const orders = await service({ name: 'stays' });
    const slow = await service({
      name: 'slow',
      paths: ['/wait', '/ping'],
      first: (request, response) => {
        if (request.url !== '/wait') return false;
        response.write('begun ');
        void held.then(() => response.end('and finished'));
        return true;
      },
    });
    await use(discovering([orders.listed]), '/stays/items');
    assert.equal((await get('/slow/wait')).status, 404);
    gateway.writeConfig(discovering([orders.listed, slow.listed]));
    await eventually(
      async () => (await gateway.admin('/_/services/slow')).status === 200,
      'the service to be known',
    );
    const response = await eventually(async () => {
      const answer = await fetch(`http://127.0.0.1:${gateway.port}/slow/wait`);
      if (answer.status === 200) return answer;
      await answer.text();
      return null;
    }, 'its route');
    gateway.writeConfig(discovering([orders.listed]));
    await isGone('/slow/ping');
    await gateway.logLine((line) => line['message'] === 'service vanished', 'its end');
    release();
    assert.equal(await response.text(), 'begun and finished');
    assert.equal((await get('/stays/items')).status, 200);
  });

  it('register themselves, with and without their manifest, and leave again', async () => {
    const [fetched, inline] = [
      await service({ name: 'fetched' }),
      await service({ name: 'inline', manifest: {}, paths: ['/a'] }),
    ];
    await use({ farp: { enabled: true, watch_interval: '200ms' } });
    const register = async ({ id, name, port, manifest }: FarpService, sent: boolean): Promise<number> => {
      const instance = {
        id,
        service_name: name,
        address: 'localhost',
        port,
        metadata: sent
          ? {}
          : { 'farp.enabled': 'true', 'farp.manifest': `http://localhost:${port}/_farp/manifest` },
      };
      const response = await fetch(`http://127.0.0.1:${gateway.port}/_farp/v1/register`, {
        method: 'POST',
        body: JSON.stringify(sent ? { instance, manifest } : { instance }),
      });
      assert.ok(response.ok, await response.text());
      return response.status;
    };
    await register(fetched, false);
    await register(inline, true);
    await answers('/fetched/items', 'fetched-1 /items');
    await answers('/inline/a', 'inline-1 /a');
    assert.equal(inline.served.get('/_farp/manifest') ?? 0, 0);
    fetched.change(['/other']);
    await answers('/fetched/other', 'fetched-1 /other');
    inline.change(['/b']);
    await register(inline, true);
    await answers('/inline/b', 'inline-1 /b');
    const gone = await fetch(`http://127.0.0.1:${gateway.port}/_farp/v1/deregister/fetched`, {
      method: 'DELETE',
    });
    assert.equal(gone.status, 200);
    await isGone('/fetched/other');
    assert.equal((await get('/inline/b')).status, 200);
  });

  it('with several instances share the load, by weight; one that drains gets none; one schema is fetched once', async () => {
    const three = await Promise.all(
      ['a', 'b', 'c'].map((id) => service({ name: 'three', id, paths: ['/items'] })),
    );
    const [a, b, c] = three;
    await use(discovering([listed(three)], { routing: { load_balance: 'weighted' } }), '/three/items');
    await hasAll('three', 3);
    assertSpread(await spread('/three/items', 60), { a: 20, b: 20, c: 20 });
    const fetches = three.reduce((sum, { served }) => sum + (served.get('/openapi.json') ?? 0), 0);
    assert.equal(fetches, 1);
    a!.manifestMembers = { instance: { address: a!.address, weight: 50 } };
    c!.manifestMembers = { instance: { address: c!.address, status: 'draining' } };
    await hasWeights('three', { [a!.address]: 50, [b!.address]: 100 });
    assertSpread(await spread('/three/items', 60), { a: 20, b: 40 });
  });

  it('give a canary the share that it states', async () => {
    const stable = await Promise.all(['s1', 's2'].map((id) => service({ name: 'shop', id, paths: ['/x'] })));
    const canary = await service({
      name: 'shop',
      id: 'canary',
      paths: ['/x'],
      manifest: {
        instance: {
          address: 'ignored:1',
          role: 'canary',
          deployment: { deployment_id: 'd2', traffic_percent: 20 },
        },
      },
    });
    await use(
      discovering([listed([...stable, canary])], { routing: { load_balance: 'weighted' } }),
      '/shop/x',
    );
    await hasAll('shop', 3);
    assertSpread(await spread('/shop/x', 100), { canary: 20, s1: 40, s2: 40 });
  });

  it('keep their routes while they cannot be asked, and say so', async () => {
    let broken = false;
    const orders = await service({
      name: 'flaky',
      first: (request, response) => {
        if (!broken || request.url !== '/_farp/manifest') return false;
        response.writeHead(500).end();
        return true;
      },
    });
    await use(discovering([orders.listed]), '/flaky/items');
    broken = true;
    await eventually(
      async () => (await admin<Report>('/_/services/flaky')).last_error === 'instance flaky-1: status 500',
      'the error',
    );
    assert.equal((await get('/flaky/items')).status, 200);
    broken = false;
    await eventually(
      async () => (await admin<Report>('/_/services/flaky')).problems.length === 0,
      'the problem to pass',
    );
    const { history } = await admin<Report>('/_/services/flaky');
    assert.deepEqual(
      history.slice(-2).map(({ event }) => event),
      ['unreachable', 'recovered'],
    );
  });

  it('that are still starting are waited for', async () => {
    let started = false;
    const orders = await service({
      name: 'late',
      first: (_, response) => {
        if (!started) response.writeHead(503).end('{"error":"service not registered"}');
        return !started;
      },
    });
    await use(discovering([orders.listed]));
    await eventually(async () => orders.served.size > 0, 'a look at it');
    assert.equal((await get('/late/items')).status, 404);
    assert.equal((await admin<Report>('/_/services/late')).state, 'pending');
    started = true;
    await answers('/late/items', 'late-1 /items');
  });

  it('without FARP are reached only by routes of the files, or when all are exposed', async () => {
    const plain = await service({ name: 'plain' });
    const list = [{ name: 'plain', instances: [plain.address] }];
    const files = {
      upstreams: [
        { name: 'by-hand', service: 'Plain' },
        { name: 'missing', service: 'nowhere' },
      ],
      routes: [
        { path: '/hand/*', upstream: 'by-hand', strip_prefix: '/hand' },
        { path: '/missing', upstream: 'missing' },
      ],
    };
    await use(discovering(list, files), '/hand/any');
    assert.deepEqual(await get('/hand/any'), { status: 200, body: 'plain-1 /any' });
    assert.equal((await get('/missing')).status, 503);
    assert.equal((await get('/plain/any')).status, 404);
    assert.equal((await admin<Report>('/_/services/plain')).state, 'hidden');
    const { discovery, ...rest } = discovering(list, files) as Record<string, Record<string, unknown>>;
    await gateway.reload({ ...rest, discovery: { ...discovery, expose: 'all' } });
    await answers('/plain/any', 'plain-1 /any');
    assert.equal((await get('/plain/_farp/manifest')).status, 404);
    await gateway.reload({ routes: [{ path: '/only', respond: { body: 'files' } }] });
    await isGone('/plain/any');
    assert.deepEqual(await admin('/_/services'), { services: [], backends: [], refused: [] });
  });

  it('never take a route of the files or a path of the gateway; both is told', async () => {
    const orders = await service({
      name: 'rooted',
      paths: ['/mine', '/both', '/theirs'],
      manifest: { routing: { strategy: 'root' } },
    });
    const rude = await service({
      name: 'rude',
      manifest: { routing: { strategy: 'custom', base_path: '/_farp/v1' } },
    });
    await use(
      discovering([orders.listed, rude.listed], {
        routes: [
          { path: '/mine', respond: { body: 'file' } },
          { path: '/both', methods: ['GET'], respond: { body: 'file' } },
        ],
      }),
    );
    await answers('/theirs', 'rooted-1 /theirs');
    assert.equal((await get('/mine')).body, 'file');
    assert.equal((await get('/both')).body, 'file');
    assert.equal((await get('/theirs')).body, 'rooted-1 /theirs');
    const { conflicts } = await admin<{ conflicts: { route: string; winner: string }[] }>('/_/routes');
    assert.equal(conflicts.length, 1);
    assert.match(conflicts[0]!.route, /^farp:rooted:.*\/both$/);
    const { refused } = await admin<{ refused: { subject: string; reason: string }[] }>('/_/services');
    assert.ok(refused.some(({ subject, reason }) => /rude/.test(subject) && /reserved/.test(reason)));
    assert.ok(refused.some(({ subject, reason }) => /mine/.test(subject) && /all methods/.test(reason)));
    assert.equal((await get('/_farp/v1/items')).status, 404);
  });

  it('are not waited for when their backend is away: the gateway serves what it has, and says that', async () => {
    const port = await deadPort();
    const startedAt = performance.now();
    await gateway.stop();
    gateway = await startGateway({
      farp: { enabled: true },
      discovery: { backends: ['etcd'], etcd: { endpoints: [`http://127.0.0.1:${port}`] } },
      routes: [{ path: '/', respond: { body: 'file' } }],
    });
    assert.ok(performance.now() - startedAt < 15_000);
    assert.equal((await get('/')).body, 'file');
    interface Backends {
      readonly backends: readonly { readonly name: string; readonly state: string; readonly error: string }[];
    }
    const etcd = await eventually(async () => {
      const { backends } = await admin<Backends>('/_/services');
      return backends.find(({ name, state }) => name === 'etcd' && state === 'failing') ?? null;
    }, 'the backend to be shown as failing');
    assert.notEqual(etcd.error, '');
    assert.equal((await gateway.metrics()).sum('octopus_discovery_up', { backend: 'etcd' }), 0);
    const orders = await service({ name: 'behind' });
    await gateway.reload(discovering([orders.listed]));
    await answers('/behind/items', 'behind-1 /items');
    assert.deepEqual(
      (await admin<Backends>('/_/services')).backends.map(({ name }) => name),
      ['push', 'static'],
    );
  });

  it('show no secrets in the admin API', async () => {
    const orders = await service({ name: 'discreet' });
    const { schemas } = orders.manifest as { schemas: { location: Record<string, unknown> }[] };
    const [schema] = schemas;
    orders.manifestMembers = {
      schemas: [{ ...schema, location: { ...schema!.location, headers: { 'x-key': 'HEADER-SECRET' } } }],
      webhook: { service_webhook: '/hook', secret: 'WEBHOOK-SECRET' },
    };
    await use(discovering([orders.listed]), '/discreet/items');
    const text = await (await gateway.admin('/_/services/discreet')).text();
    assert.match(text, /"serviceName": ?"discreet"/);
    assert.doesNotMatch(text, /SECRET/);
    assert.doesNotMatch(gateway.log, /SECRET/);
  });
});

after(async () => {
  await gateway?.stop();
});
