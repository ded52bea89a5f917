/** What each key of `farp.push`, `farp.checks` and `farp.webhooks` does, through one running gateway that is reloaded. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DnsServer } from '../support/dns-server.ts';
import { FarpService } from '../support/farp-service.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';

const names = new DnsServer();
const services: FarpService[] = [];
let gateway: Gateway;
let count = 0;
let orders: FarpService;

before(async () => {
  await names.start();
  names.names.set('schemas.test', { addresses: ['127.0.0.1'], ttl: 60 });
  gateway = await startGateway(configWith({}), { workers: 1 });
});
beforeEach(async () => {
  count++;
  orders = await FarpService.start({ name: `orders-${count}` });
  services.push(orders);
});
after(async () => {
  await gateway?.stop();
  for (const service of services) await service.close();
  names.stop();
});

function configWith(farp: object) {
  return {
    server: { dns: { servers: [names.address] } },
    farp: { enabled: true, watch_interval: '1h', ...farp },
  };
}

const use = (farp: object) => gateway.reload(configWith(farp));

async function register(changes: object = {}): Promise<{ status: number; error: string }> {
  const instance = { id: orders.id, service_name: orders.name, address: orders.address, port: 0 };
  const manifest = { ...orders.manifest, ...changes };
  const response = await fetch(`http://127.0.0.1:${gateway.port}/_farp/v1/register`, {
    method: 'POST',
    body: JSON.stringify({ instance, manifest }),
  });
  const { error = '' } = (await response.json()) as { error?: string };
  return { status: response.status, error };
}

async function statusOf(target: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}/${orders.name}${target}`);
  await response.text();
  return response.status;
}

const isServed = () => eventually(async () => (await statusOf('/items')) === 200, 'a route');
/** Services say at most what is wrong with them; the log line comes when all of it has been looked at. */
const isRefused = (reason: RegExp) =>
  gateway.logLine(
    ({ service, detail, reason: why }) => service === orders.name && reason.test(`${detail} ${why}`),
    String(reason),
  );

function schemaWith(changes: object): object {
  const [schema] = orders.manifest['schemas'] as [{ hash: string }];
  const changed = { ...schema, ...changes };
  return { schemas: [changed], checksum: createHash('sha256').update(changed.hash).digest('hex') };
}

describe('farp.push', () => {
  it('enabled', async () => {
    await use({ push: { enabled: false } });
    const refused = await register();
    assert.deepEqual([refused.status, refused.error], [403, 'farp.push.enabled is false']);
    await use({ push: { enabled: true } });
    assert.equal((await register()).status, 200);
  });

  it('registrations_per_minute', async () => {
    await use({ push: { registrations_per_minute: 2 } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await register()).status);
    assert.ok(statuses.includes(429), statuses.join());
    await use({ push: { registrations_per_minute: 6000 } });
    await eventually(async () => (await register()).status === 200, 'room for more');
  });
});

describe('farp.checks', () => {
  it('manifests', async () => {
    await use({ checks: { manifests: 'strict' } });
    const strict = await register({ endpoints: {} });
    assert.equal(strict.status, 400);
    assert.match(strict.error, /field=endpoints.health message=health endpoint is required/);
    await use({ checks: { manifests: 'lenient' } });
    assert.equal((await register({ endpoints: {} })).status, 200);
  });

  it('checksum', async () => {
    const wrong = { checksum: '0'.repeat(64) };
    await use({ checks: { checksum: 'reject' } });
    const rejected = await register(wrong);
    assert.equal(rejected.status, 400);
    assert.match(rejected.error, /schema checksum mismatch: expected [0-9a-f]{64}, got 0000/);
    await use({ checks: { checksum: 'warn' } });
    assert.equal((await register(wrong)).status, 200);
    await isServed();
  });

  it('schema_hash', async () => {
    const wrong = schemaWith({ hash: '1'.repeat(64) });
    await use({ checks: { schema_hash: 'reject' } });
    assert.equal((await register(wrong)).status, 200);
    await isRefused(/hash/);
    assert.equal(await statusOf('/items'), 404);
    await use({ checks: { schema_hash: 'warn' } });
    await isServed();
  });

  it('allowed_hosts', async () => {
    const url = `http://schemas.test:${orders.port}/openapi.json`;
    const elsewhere = schemaWith({ location: { type: 'http', url } });
    await use({});
    // Nothing but that schema may give it routes.
    assert.equal((await register({ ...elsewhere, endpoints: { health: '/health' } })).status, 200);
    await isRefused(/schemas\.test/);
    assert.equal(await statusOf('/items'), 404);
    await use({ checks: { allowed_hosts: ['schemas.test'] } });
    await isServed();
  });
});

describe('farp.webhooks', () => {
  const hooks = () => orders.served.get('/hook') ?? 0;

  it('enabled', async () => {
    const webhook = { service_webhook: '/hook', subscribe_events: ['config.updated'] };
    await use({ webhooks: { enabled: false } });
    assert.equal((await register({ webhook })).status, 200);
    await isServed();
    await use({ webhooks: { enabled: false }, max_routes: 4_999 });
    await use({ webhooks: { enabled: true } });
    await eventually(async () => hooks() > 0, 'an event');
    // The one before was not told.
    assert.equal(hooks(), 1);
  });

  it('accept_unsigned', async () => {
    const webhook = { gateway_webhook: '/_farp/v1/events' };
    await use({ webhooks: { accept_unsigned: false } });
    await register({ webhook });
    await isServed();
    const tell = async () => {
      const response = await fetch(`http://127.0.0.1:${gateway.port}/_farp/v1/events`, {
        method: 'POST',
        body: JSON.stringify({ event: 'schema.updated', source: { service_name: orders.name } }),
      });
      await response.text();
      return response.status;
    };
    assert.equal(await tell(), 401);
    await use({ webhooks: { accept_unsigned: true } });
    assert.equal(await tell(), 202);
  });
});
