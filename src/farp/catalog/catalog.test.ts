import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FarpService, type FarpServiceOptions } from '../../../test/support/farp-service.ts';
import { eventually } from '../../../test/support/gateway.ts';
import type { ServiceInstance } from '../../discovery/provider.ts';
import { Fetcher } from '../fetch/fetcher.ts';
import { SchemaWorker } from '../fetch/schema-worker.ts';
import { parseManifest } from '../manifest/parse.ts';
import type { PushedInstance } from '../push/pushed-instance.ts';
import { Catalog, type CatalogEvent } from './catalog.ts';
import type { ReadKey } from './registry-store.ts';
import type { CatalogSettings } from './settings.ts';

const SETTINGS: CatalogSettings = {
  farp: true,
  watchInterval: 50,
  schemaCacheTtl: 60_000,
  allowedHosts: [],
  strict: false,
  checksum: 'reject',
  schemaHash: 'warn',
};

interface Harness {
  readonly catalog: Catalog;
  readonly events: CatalogEvent[];
  changes: number;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function create(settings: Partial<CatalogSettings> = {}, readKey: ReadKey | null = null): Harness {
  const fetcher = new Fetcher({ lookup: async () => [], timeout: () => 5_000 });
  const worker = new SchemaWorker();
  const harness: Harness = {
    events: [],
    changes: 0,
    catalog: new Catalog({
      fetcher,
      worker,
      settings: { ...SETTINGS, ...settings },
      onChange: () => {
        harness.changes++;
      },
      onEvent: (event) => harness.events.push(event),
    }),
  };
  harness.catalog.setProviders([
    { name: 'a', readKey },
    { name: 'b', readKey: null },
  ]);
  closing.push(async () => {
    harness.catalog.close();
    await Promise.all([fetcher.close(), worker.close()]);
  });
  return harness;
}

async function service(options: Partial<FarpServiceOptions> = {}): Promise<FarpService> {
  const started = await FarpService.start({ name: 'orders', ...options });
  closing.push(() => started.close());
  return started;
}

function instance(of: Partial<ServiceInstance> & { readonly port: number }): ServiceInstance {
  return {
    id: 'orders-1',
    service: 'orders',
    version: '',
    host: '127.0.0.1',
    tls: false,
    weight: 100,
    zone: '',
    status: 'healthy',
    tags: [],
    metadata: { 'farp.enabled': 'true' },
    ...of,
  };
}

const at = (of: FarpService, more: Partial<ServiceInstance> = {}): ServiceInstance =>
  instance({ id: of.id, service: of.name, port: of.port, ...more });

const settled = ({ catalog }: Harness): Promise<true> =>
  eventually(async () => catalog.isSettled, 'the catalog to settle') as Promise<true>;

function schemasOf({ catalog }: Harness, name = 'orders'): string[] {
  return catalog.entry(name)!.service.schemas.map(({ type }) => type);
}

function pathsOf({ catalog }: Harness, name = 'orders'): string[] {
  const schema = catalog.entry(name)?.service.schemas.find(({ type }) => type === 'openapi');
  return Object.keys((schema?.document as { paths?: object } | undefined)?.paths ?? {});
}

test('instances are joined by name, in any case, and by id; of two that tell of one the first provider is believed', async () => {
  const one = await service();
  const harness = create();
  harness.catalog.publish('b', [at(one, { weight: 1 }), at(one, { id: 'orders-2', service: 'Orders' })]);
  harness.catalog.publish('a', [at(one, { weight: 70 })]);
  await settled(harness);
  assert.deepEqual(
    harness.catalog.entries().map(({ name }) => name),
    ['orders'],
  );
  const { instances } = harness.catalog.entry('ORDERS')!.service;
  assert.deepEqual(
    instances.map(({ id, provider, weight }) => [id, provider, weight]),
    [
      ['orders-1', 'a', 70],
      ['orders-2', 'b', 100],
    ],
  );
});

test('what has no usable name or address is refused, the others stay', async () => {
  const one = await service();
  const harness = create();
  harness.catalog.publish('a', [
    at(one),
    at(one, { service: '../admin' }),
    at(one, { service: 'farp' }),
    at(one, { id: 'a/b' }),
    at(one, { id: 'no-port', port: 0 }),
  ]);
  await settled(harness);
  assert.deepEqual(
    harness.catalog.entries().map(({ name }) => name),
    ['orders'],
  );
  assert.equal(harness.catalog.refused().size, 4);
});

test('without a manifest the metadata will do', async () => {
  const one = await service({ paths: ['/x'], first: missing('/_farp/manifest') });
  const harness = create();
  harness.catalog.publish('a', [
    at(one, { metadata: { 'farp.openapi': `http://${one.address}/openapi.json`, 'farp.health': '/up' } }),
    at(one, { service: 'paths', metadata: { 'farp.enabled': 'true', 'farp.openapi.path': 'openapi.json' } }),
    at(one, { service: 'graph', metadata: { 'farp.graphql': '/graphql' } }),
    at(one, { service: 'nothing' }),
    at(one, { service: 'off', metadata: { 'farp.enabled': 'false', 'farp.openapi': '/openapi.json' } }),
  ]);
  await settled(harness);
  assert.deepEqual(pathsOf(harness), ['/x']);
  assert.equal(harness.catalog.entry('orders')!.service.manifest?.endpoints.health, '/up');
  assert.deepEqual(pathsOf(harness, 'paths'), ['/x']);
  assert.deepEqual(schemasOf(harness, 'graph'), ['graphql']);
  for (const name of ['nothing', 'off']) {
    const entry = harness.catalog.entry(name)!;
    assert.deepEqual(
      [entry.isAnnounced, entry.isPending, entry.service.manifest],
      [false, false, null],
      name,
    );
  }
});

test('manifests and schemas may stand in the key-value store of the backend, compressed or not', async () => {
  const document = JSON.stringify({ openapi: '3.1.0', paths: { '/kv': {} } });
  const manifest = JSON.stringify({
    version: '1.0.1',
    service_name: 'orders',
    instance_id: 'orders-1',
    schemas: [
      {
        type: 'openapi',
        spec_version: '3.1.0',
        location: { type: 'registry', registry_path: '/schemas/orders/v1/openapi' },
        content_type: 'application/json',
        hash: sha256(document),
      },
    ],
    endpoints: { health: '/health' },
  });
  const values = new Map<string, Uint8Array>([
    ['farp/services/orders/instances/orders-1/manifest', Buffer.from(manifest)],
    ['farp/schemas/orders/v1/openapi.gz', gzipSync(document)],
  ]);
  const harness = create({}, async (key) => values.get(key) ?? null);
  harness.catalog.publish('a', [
    instance({ port: 1, metadata: {} }),
    instance({ port: 1, service: 'other', metadata: {} }),
  ]);
  await settled(harness);
  assert.deepEqual(pathsOf(harness), ['/kv']);
  assert.equal(harness.catalog.entry('other')!.isAnnounced, false);
});

test('a manifest that came with the registration counts until the service says that there is a new one', async () => {
  const one = await service({ paths: ['/sent'] });
  const harness = create();
  const { manifest } = parseManifest(one.manifest);
  const pushed: PushedInstance = { ...at(one, { metadata: {} }), manifest, schemas: {}, revision: 1 };
  harness.catalog.publish('a', [pushed]);
  await settled(harness);
  assert.deepEqual(pathsOf(harness), ['/sent']);
  assert.equal(one.served.get('/_farp/manifest'), undefined);
  one.change(['/served']);
  const told: PushedInstance = { ...pushed, revision: 2 };
  harness.catalog.publish('a', [told]);
  await eventually(async () => pathsOf(harness).join() === '/served', 'the new schema');
});

test('a broken manifest leaves the last good one in force, is told once, and mended ones count again', async () => {
  const one = await service({ paths: ['/x'] });
  const harness = create();
  harness.catalog.publish('a', [at(one)]);
  await settled(harness);
  one.manifestMembers = { checksum: 'f'.repeat(64) };
  const entry = harness.catalog.entry('orders')!;
  await eventually(
    async () => entry.problems.some(({ message }) => /checksum mismatch/.test(message)),
    'the fault',
  );
  const looks = one.served.get('/_farp/manifest')!;
  await eventually(async () => one.served.get('/_farp/manifest')! > looks + 2, 'more looks');
  assert.deepEqual(pathsOf(harness), ['/x']);
  assert.equal(harness.events.filter(({ kind }) => kind === 'refused').length, 1);
  one.manifestMembers = {};
  one.change(['/y']);
  await eventually(async () => pathsOf(harness).join() === '/y', 'the mended one');
  assert.deepEqual(entry.problems, []);
});

test('the newest manifest of all instances rules; different schemas of one version are told', async () => {
  const [old, young] = [
    await service({ id: 'a', paths: ['/old'] }),
    await service({ id: 'b', paths: ['/old'] }),
  ];
  young.change(['/young']);
  const harness = create();
  harness.catalog.publish('a', [at(old), at(young)]);
  await settled(harness);
  assert.deepEqual(pathsOf(harness), ['/young']);
  assert.match(
    harness.catalog
      .entry('orders')!
      .problems.map(({ message }) => message)
      .join(),
    /different schemas/,
  );
  harness.catalog.publish('a', [at(old)]);
  await eventually(async () => pathsOf(harness).join() === '/old', 'the one that is left');
});

test('as long as older instances take requests, their paths stay; an instance that takes none does not rule', async () => {
  const [old, young] = [
    await service({ id: 'a', paths: ['/both', '/old'] }),
    await service({ id: 'b', paths: ['/both', '/old'] }),
  ];
  young.change(['/both', '/young']);
  const harness = create();
  const routed = (): string[] =>
    harness.catalog
      .entry('orders')!
      .routed.schemas.flatMap(({ document }) => Object.keys((document as { paths: object }).paths));
  harness.catalog.publish('a', [at(old), at(young, { status: 'starting' })]);
  await settled(harness);
  assert.deepEqual(routed(), ['/both', '/old']);
  harness.catalog.publish('a', [at(old), at(young)]);
  await eventually(async () => routed().join() === '/both,/young,/both,/old', 'the paths of both');
  assert.deepEqual(pathsOf(harness), ['/both', '/young']);
  harness.catalog.publish('a', [at(old, { status: 'draining' }), at(young)]);
  await eventually(async () => routed().join() === '/both,/young', 'the paths of the young one');
});

test('a schema that is not where it should be is taken from the endpoint, or from another instance that has the same', async () => {
  const broken = missing('/openapi.json');
  const [first, second] = [await service({ id: 'a', first: broken }), await service({ id: 'b' })];
  first.manifestMembers = { updated_at: 2_000_000_000, endpoints: { health: '/h' } };
  const harness = create();
  harness.catalog.publish('a', [at(first)]);
  await settled(harness);
  assert.deepEqual(pathsOf(harness), []);
  assert.match(harness.catalog.entry('orders')!.problems[0]!.message, /status 404/);
  // The hash says that it is the same document, wherever it comes from.
  const hash = sha256(second.schema);
  assert.equal((first.manifest['schemas'] as { hash: string }[])[0]!.hash, hash);
  harness.catalog.publish('a', [at(first), at(second)]);
  await eventually(async () => pathsOf(harness).length === 2, 'the schema of the other instance');

  const moved = await service({ name: 'moved', first: missing('/gone.json') });
  const [schema] = moved.manifest['schemas'] as { location: Record<string, unknown> }[];
  moved.manifestMembers = {
    schemas: [{ ...schema, location: { type: 'http', url: `http://${moved.address}/gone.json` } }],
  };
  harness.catalog.publish('b', [at(moved)]);
  await eventually(async () => pathsOf(harness, 'moved').length === 2, 'the schema of the endpoint');
});

test('a wrong hash is a warning, or refused where that is wanted', async () => {
  for (const schemaHash of ['warn', 'reject'] as const) {
    const one = await service();
    const [schema] = one.manifest['schemas'] as object[];
    const hash = 'e'.repeat(64);
    one.manifestMembers = {
      schemas: [{ ...schema, hash }],
      checksum: sha256(hash),
      endpoints: { health: '/h' },
    };
    const harness = create({ schemaHash });
    harness.catalog.publish('a', [at(one)]);
    await settled(harness);
    assert.match(harness.catalog.entry('orders')!.problems[0]!.message, /schema hash mismatch/);
    assert.equal(pathsOf(harness).length, schemaHash === 'warn' ? 2 : 0);
  }
});

test('a schema that lags behind its manifest is asked for again soon', async () => {
  let lagging: string | null = null;
  const one = await service({
    paths: ['/old'],
    first: (request, response) => {
      if (request.url !== '/openapi.json' || lagging === null) return false;
      response.setHeader('etag', '"x"').end(lagging);
      return true;
    },
  });
  const harness = create();
  harness.catalog.publish('a', [at(one)]);
  await settled(harness);
  lagging = one.schema;
  one.change(['/new']);
  const entry = harness.catalog.entry('orders')!;
  await eventually(
    async () => entry.problems.some(({ message }) => /hash mismatch/.test(message)),
    'the fault',
  );
  assert.deepEqual(pathsOf(harness), ['/old']);
  lagging = null;
  await eventually(async () => pathsOf(harness).join() === '/new', 'the schema of the manifest');
  assert.deepEqual(entry.problems, []);
});

test('a schema that cannot be refreshed stays in force, and is not asked for all the time', async () => {
  let isBroken = false;
  const one = await service({
    first: (request, response) => {
      if (request.url !== '/openapi.json' || !isBroken) return false;
      response.writeHead(500).end();
      return true;
    },
  });
  const harness = create({ schemaCacheTtl: 100 });
  harness.catalog.publish('a', [at(one)]);
  await settled(harness);
  isBroken = true;
  const before = one.served.get('/openapi.json')!;
  const entry = harness.catalog.entry('orders')!;
  await eventually(async () => entry.problems.some(({ message }) => /status 500/.test(message)), 'the fault');
  const looks = one.served.get('/_farp/manifest')!;
  await eventually(async () => one.served.get('/_farp/manifest')! > looks + 8, 'half a second');
  assert.ok(one.served.get('/openapi.json')! - before <= 3);
  assert.equal(pathsOf(harness).length, 2);
});

test('a service that has a new manifest at every look is not followed for ever', async () => {
  let version = 0;
  const one = await service({
    first: (request) => {
      if (request.url === '/_farp/manifest') one.manifestMembers = { service_version: String(version++) };
      return false;
    },
  });
  const harness = create({ watchInterval: 5 });
  harness.catalog.publish('a', [at(one)]);
  await eventually(async () => version > 100, 'a hundred versions', 30_000);
  const changes = harness.catalog.entry('orders')!.history.entries.filter(({ event }) => event === 'changed');
  const reached = Number(harness.catalog.entry('orders')!.service.manifest?.serviceVersion);
  assert.ok(reached < 100, `version ${reached}`);
  assert.ok(changes.length <= 50);
});

test('a hundred lists in a row are few changes, and the last one counts', async () => {
  const one = await service();
  const harness = create();
  harness.catalog.publish('a', [at(one)]);
  await settled(harness);
  await eventually(async () => harness.changes > 0, 'the first change');
  const before = harness.changes;
  const startedAt = performance.now();
  for (let flap = 0; flap < 100; flap++)
    harness.catalog.publish('a', flap % 2 === 0 ? [] : [at(one, { weight: flap })]);
  assert.ok(performance.now() - startedAt < 1_000);
  await settled(harness);
  await eventually(async () => pathsOf(harness).length === 2, 'the schema');
  assert.ok(harness.changes - before <= 10, `${harness.changes - before} changes`);
  assert.equal(harness.catalog.entry('orders')!.service.instances[0]!.weight, 99);
});

test('with FARP off nobody is asked', async () => {
  const one = await service();
  const harness = create({ farp: false });
  harness.catalog.publish('a', [at(one)]);
  await settled(harness);
  assert.equal(one.served.size, 0);
  assert.equal(harness.catalog.entry('orders')!.isAnnounced, false);
  harness.catalog.configure(SETTINGS);
  await eventually(async () => pathsOf(harness).length === 2, 'the schema, now that it is on');
  harness.catalog.configure({ ...SETTINGS, farp: false });
  assert.equal(harness.catalog.entry('orders')!.isAnnounced, false);
});

function missing(path: string): FarpServiceOptions['first'] & {} {
  return (request, response) => {
    if (request.url !== path) return false;
    response.writeHead(404).end();
    return true;
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
