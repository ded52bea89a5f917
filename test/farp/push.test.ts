/** Services that register themselves, through a running gateway: `/_farp/v1/*` on the port of the traffic. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { hashSync } from 'bcryptjs';
import { signatureOf, verifySignature } from '../../src/farp/events/signature.ts';
import { FarpService } from '../support/farp-service.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-farp-push-'));
const gateways: Gateway[] = [];
const services: FarpService[] = [];

after(async () => {
  for (const gateway of gateways) await gateway.stop();
  for (const service of services) await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function gatewayWith(farp: object = {}, more: GatewayConfig = {}): Promise<Gateway> {
  const config = { farp: { enabled: true, watch_interval: '1h', ...farp }, ...more };
  const gateway = await startGateway(config, { workers: 1 });
  gateways.push(gateway);
  return gateway;
}

async function service(options: ConstructorParameters<typeof FarpService>[0]): Promise<FarpService> {
  const started = await FarpService.start(options);
  services.push(started);
  return started;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the wire
  readonly body: any;
}

async function tell(
  base: string,
  method: string,
  target: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${base}/_farp/v1${target}`, { method, headers, body: text });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

const data = (gateway: Gateway) => `http://127.0.0.1:${gateway.port}`;
const admin = (gateway: Gateway) => `http://127.0.0.1:${gateway.adminPort}`;

async function get(gateway: Gateway, target: string): Promise<{ status: number; body: string }> {
  const response = await fetch(data(gateway) + target);
  return { status: response.status, body: await response.text() };
}

function answers(gateway: Gateway, target: string, body: string) {
  return eventually(async () => (await get(gateway, target)).body === body, `${target} to answer ${body}`);
}

function isGone(gateway: Gateway, target: string) {
  return eventually(async () => (await get(gateway, target)).status === 404, `${target} to go`);
}

/** What Forge 1.9 sends: no manifest, `localhost`, the version under another name. */
function forgeBody({ name, id, port }: FarpService): object {
  return {
    instance: {
      ...{ id, service_name: name, service_version: '2.3.0', address: 'localhost', port, tags: null },
      metadata: {
        'farp.enabled': 'true',
        'farp.manifest': `http://localhost:${port}/_farp/manifest`,
        'farp.health': '/_/health',
        'farp.capabilities': 'openapi',
      },
    },
  };
}

/** What a ServiceNode of the library sends: the manifest inline, port 0. */
function nodeBody(service: FarpService): object {
  const { name, id, address, manifest } = service;
  const instance = { id, service_name: name, version: '2.3.0', address, port: 0, status: 'healthy' };
  return { instance: { ...instance, metadata: { 'farp.enabled': 'true' } }, manifest };
}

describe('a service registers itself', () => {
  let gateway: Gateway;
  before(async () => {
    gateway = await gatewayWith();
  });

  it('P01-forge-register, P06-deregister-by-name: routes come with one request and go with another', async () => {
    const orders = await service({ name: 'orders', id: 'orders-1767225600000000000' });
    const registered = await tell(data(gateway), 'POST', '/register', forgeBody(orders));
    assert.equal(registered.status, 200);
    assert.deepEqual(Object.keys(registered.body), ['status', 'routes_checksum', 'schemas_applied']);
    assert.equal(registered.headers.get('x-farp-version'), '1.1.0');
    await answers(gateway, '/orders/items', `${orders.id} /items`);
    // Its own paths are nobody's business.
    assert.equal((await get(gateway, '/orders/_farp/manifest')).status, 404);

    const listed = await tell(data(gateway), 'GET', '/services/orders');
    assert.equal(listed.body.length, 1);
    assert.equal(listed.body[0].service_version, '2.3.0');

    const gone = await tell(data(gateway), 'DELETE', '/deregister/orders');
    assert.equal(gone.status, 200);
    await isGone(gateway, '/orders/items');
    assert.deepEqual((await tell(data(gateway), 'GET', '/services')).body, []);
  });

  it('P02-servicenode-register, P04-heartbeat: the checksum comes back', async () => {
    const shop = await service({ name: 'shop', manifest: { routes_checksum: '06ec84' } });
    const registered = await tell(data(gateway), 'POST', '/register', nodeBody(shop));
    assert.equal(registered.status, 200);
    assert.deepEqual(registered.body, {
      status: 'registered',
      routes_checksum: '06ec84',
      schemas_applied: 1,
    });
    await answers(gateway, '/shop/items', 'shop-1 /items');
    const beat = { status: 'healthy', routes_checksum: '06ec84' };
    const heartbeat = await tell(data(gateway), 'PUT', '/heartbeat/shop-1', beat);
    assert.equal(heartbeat.status, 200);
    assert.deepEqual(heartbeat.body, { status: 'ok', routes_checksum: '06ec84', schemas_applied: 1 });
    // A status that is not fit for traffic takes the only instance away, another one brings it back.
    await tell(data(gateway), 'PUT', '/heartbeat/shop-1', { status: 'unhealthy' });
    await eventually(async () => (await get(gateway, '/shop/items')).status === 503, 'no endpoint');
    await tell(data(gateway), 'PUT', '/heartbeat/shop-1', { status: 'healthy' });
    await answers(gateway, '/shop/items', 'shop-1 /items');
    assert.equal((await tell(data(gateway), 'DELETE', '/deregister/shop-1')).status, 200);
    await isGone(gateway, '/shop/items');
  });

  it('P03-no-id, P05-heartbeat-unknown, P07-bad-json', async () => {
    const noId = await tell(data(gateway), 'POST', '/register', { instance: { service_name: 'x' } });
    assert.deepEqual([noId.status, noId.body.error], [400, 'instance ID is required']);
    const unknown = await tell(data(gateway), 'PUT', '/heartbeat/nope', { status: 'healthy' });
    assert.equal(unknown.status, 404);
    assert.equal(unknown.body.error, 'instance not found');
    assert.equal(unknown.body.action, 're-register');
    const badJson = await tell(data(gateway), 'POST', '/register', '{');
    assert.equal(badJson.status, 400);
    assert.match(badJson.body.error, /^invalid JSON: /);
  });

  it('a new life of a service at the same address takes the place of the old one', async () => {
    const first = await service({ name: 'reborn', id: 'reborn-1' });
    await tell(data(gateway), 'POST', '/register', forgeBody(first));
    await answers(gateway, '/reborn/items', 'reborn-1 /items');
    const { port } = first;
    await first.close();
    const second = new FarpService({ name: 'reborn', id: 'reborn-2', paths: ['/items', '/more'] });
    services.push(await second.start(port));
    await tell(data(gateway), 'POST', '/register', forgeBody(second));
    await answers(gateway, '/reborn/more', 'reborn-2 /more');
    const listed = await tell(data(gateway), 'GET', '/services/reborn');
    assert.deepEqual(
      listed.body.map(({ id }: { id: string }) => id),
      ['reborn-2'],
    );
  });

  it('another routes_checksum in a heartbeat has the manifest fetched again', async () => {
    const moving = await service({ name: 'moving', manifest: { routes_checksum: 'a' } });
    await tell(data(gateway), 'POST', '/register', forgeBody(moving));
    await answers(gateway, '/moving/items', 'moving-1 /items');
    moving.manifestMembers = { routes_checksum: 'b' };
    moving.change(['/things']);
    await tell(data(gateway), 'PUT', '/heartbeat/moving-1', { status: 'healthy', routes_checksum: 'b' });
    await answers(gateway, '/moving/things', 'moving-1 /things');
    await eventually(async () => {
      const { body } = await tell(data(gateway), 'PUT', '/heartbeat/moving-1', { routes_checksum: 'b' });
      return body.routes_checksum === 'b';
    }, 'the new checksum');
  });

  it('is counted', async () => {
    const metrics = await gateway.metrics();
    assert.ok(metrics.sum('octopus_farp_push_events_total', { event: 'registered' }) >= 4);
    assert.ok(metrics.sum('octopus_farp_push_events_total', { event: 'refused' }) >= 2);
    assert.ok(metrics.sum('octopus_farp_push_instances') >= 2);
  });
});

describe('who wants to do harm', () => {
  let gateway: Gateway;
  let orders: FarpService;
  before(async () => {
    gateway = await gatewayWith();
    orders = await service({ name: 'orders' });
    await tell(data(gateway), 'POST', '/register', nodeBody(orders));
    await answers(gateway, '/orders/items', 'orders-1 /items');
  });

  const refusals: [name: string, body: () => unknown, status: number, reason: RegExp][] = [
    ['a name that climbs', () => renamed('../admin'), 400, /service name must/],
    ['a name of the gateway', () => renamed('_farp'), 400, /service name must/],
    ['the metadata service as address', () => at('169.254.169.254'), 400, /link-local/],
    ['a depth bomb', () => `{"instance":${'{"a":'.repeat(100_000)}`, 400, /nested deeper/],
    ['100,000 routes', () => bomb(), 400, /5000|larger/],
    [
      'a manifest of another service',
      () => ({ ...renamed('else'), manifest: orders.manifest }),
      400,
      /not of else/,
    ],
  ];
  for (const [name, body, status, reason] of refusals) {
    it(`${name} is refused with the reason`, async () => {
      const refused = await tell(data(gateway), 'POST', '/register', body());
      assert.equal(refused.status, status);
      assert.match(refused.body.error, reason);
    });
  }

  function renamed(service_name: string): object {
    return { instance: { id: 'evil', service_name, address: '127.0.0.1', port: 1 } };
  }

  function at(address: string): object {
    return { instance: { id: 'evil', service_name: 'evil', address, port: 80 } };
  }

  function bomb(): object {
    const route_table = Array.from({ length: 60_000 }, () => ({ path: '/x' }));
    const manifest = { version: '1.1.0', service_name: 'evil', instance_id: 'evil', route_table };
    return { ...renamed('evil'), manifest };
  }

  it('ten megabytes are cut off', async () => {
    const response = await fetch(`${data(gateway)}/_farp/v1/register`, {
      method: 'POST',
      body: JSON.stringify({ instance: 'x'.repeat(10_000_000) }),
    }).catch((error: Error) => error);
    // The answer comes before the end of the body; some clients see the connection end instead.
    if (response instanceof Response) assert.equal(response.status, 413);
  });

  it('a mount at the root does not take the paths of the gateway', async () => {
    const greedy = await service({
      name: 'greedy',
      paths: ['/{anything}', '/_farp/v1/services', '/_farp/{anything}'],
      manifest: { routing: { strategy: 'root', priority: 100 } },
    });
    await tell(data(gateway), 'POST', '/register', nodeBody(greedy));
    await answers(gateway, '/hello', 'greedy-1 /hello');
    const listed = await tell(data(gateway), 'GET', '/services');
    assert.ok(listed.body.some(({ id }: { id: string }) => id === 'orders-1'));
    assert.equal((await get(gateway, '/_farp/manifest')).status, 404);
    assert.equal(greedy.served.get('/_farp/manifest'), undefined);
  });

  it('all the while the others are served', async () => {
    assert.equal((await get(gateway, '/orders/items')).body, 'orders-1 /items');
    const listed = await tell(data(gateway), 'GET', '/services/evil');
    assert.deepEqual(listed.body, []);
  });
});

describe('tokens', () => {
  const SHOP = { authorization: 'Bearer a-token-for-the-shop' };
  const PAY = { authorization: 'Bearer a-token-for-payments' };
  let gateway: Gateway;
  let shop: FarpService;

  before(async () => {
    gateway = await gatewayWith(
      {
        push: {
          auth: {
            credentials: [
              { name: 'shop', token: 'a-token-for-the-shop', services: ['shop-*'] },
              {
                name: 'pay',
                // printf %s a-token-for-payments | sha256sum
                token_hash: 'sha256:79a27f4a69bbac874c76884c807155cd715fcd5375e13080334ebcbf65733696',
              },
            ],
          },
        },
      },
      {
        admin: { auth: { type: 'basic', username: 'root', password_hash: hashSync('secret', 4) } },
      },
    );
    shop = await service({ name: 'shop-orders' });
  });

  it('are asked for', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const refused = await tell(data(gateway), 'POST', '/register', nodeBody(shop), headers as never);
      assert.equal(refused.status, 401);
      assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/);
    }
    assert.equal((await tell(data(gateway), 'GET', '/services')).status, 401);
  });

  it('open what they are for; what one has registered, another cannot touch', async () => {
    assert.equal((await tell(data(gateway), 'POST', '/register', nodeBody(shop), SHOP)).status, 200);
    await answers(gateway, '/shop-orders/items', 'shop-orders-1 /items');
    const other = await service({ name: 'other' });
    assert.equal((await tell(data(gateway), 'POST', '/register', nodeBody(other), SHOP)).status, 403);
    for (const [method, target] of [
      ['DELETE', '/deregister/shop-orders-1'],
      ['DELETE', '/deregister/shop-orders'],
      ['PUT', '/heartbeat/shop-orders-1'],
    ] as const) {
      const refused = await tell(data(gateway), method, target, {}, PAY);
      assert.ok(refused.status === 403 || refused.status === 401, `${method} ${target}: ${refused.status}`);
    }
    assert.equal((await get(gateway, '/shop-orders/items')).status, 200);
  });

  it('count on the admin port as well, and so does the password of an administrator', async () => {
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`root:${password}`).toString('base64')}`,
    });
    assert.equal((await tell(admin(gateway), 'GET', '/services', undefined, SHOP)).status, 200);
    assert.equal((await tell(admin(gateway), 'GET', '/services')).status, 401);
    const wrong = await fetch(`${admin(gateway)}/_farp/v1/services`, { headers: basic('wrong') });
    assert.equal(wrong.status, 401);
    const gone = await tell(
      admin(gateway),
      'DELETE',
      '/deregister/shop-orders-1',
      undefined,
      basic('secret'),
    );
    assert.equal(gone.status, 200);
    await isGone(gateway, '/shop-orders/items');
  });

  it('are never shown', async () => {
    const shown = await gateway.admin('/_/config', {
      headers: { authorization: `Basic ${Buffer.from('root:secret').toString('base64')}` },
    });
    const text = await shown.text();
    assert.equal(shown.status, 200);
    assert.match(text, /"name": "shop"/);
    assert.doesNotMatch(text, /a-token-for|79a27f4a/);
    assert.doesNotMatch(gateway.log, /a-token-for/);
  });
});

describe('without credentials', () => {
  it('nobody registers with a gateway that everybody reaches', async () => {
    const config = { enabled: true, watch_interval: '1h' };
    const gateway = await startGateway({ server: { host: '0.0.0.0' }, farp: config }, { workers: 1 });
    gateways.push(gateway);
    const orders = await service({ name: 'orders' });
    const refused = await tell(data(gateway), 'POST', '/register', nodeBody(orders));
    assert.equal(refused.status, 403);
    assert.match(refused.body.error, /farp.push.auth/);
    await gateway.logLine(({ message }) => message === 'services cannot register', 'why not');
    // Unless the configuration says so.
    await gateway.reload({
      server: { host: '0.0.0.0' },
      farp: { ...config, push: { auth: { type: 'none' } } },
    });
    assert.equal((await tell(data(gateway), 'POST', '/register', nodeBody(orders))).status, 200);
    await answers(gateway, '/orders/items', 'orders-1 /items');
  });
});

describe('the state file', () => {
  it('brings registrations over a restart, and over a crash', async () => {
    const stateFile = path.join(folder, 'state.json');
    const orders = await service({ name: 'orders' });
    const inline = await service({ name: 'inline' });
    const written = () => (JSON.parse(readFileSync(stateFile, 'utf8')) as { instances: unknown[] }).instances;
    let gateway = await gatewayWith({ state_file: stateFile });
    await tell(data(gateway), 'POST', '/register', forgeBody(orders));
    await gateway.stop();
    assert.equal(written().length, 1);

    gateway = await gatewayWith({ state_file: stateFile });
    assert.equal((await get(gateway, '/orders/items')).body, 'orders-1 /items');
    await tell(data(gateway), 'POST', '/register', nodeBody(inline));
    await eventually(async () => written().length === 2, 'the state to be written');
    await gateway.stop('SIGKILL');

    gateway = await gatewayWith({ state_file: stateFile });
    await answers(gateway, '/orders/items', 'orders-1 /items');
    await answers(gateway, '/inline/items', 'inline-1 /items');
    await gateway.stop();

    writeFileSync(stateFile, readFileSync(stateFile, 'utf8').slice(0, -20));
    gateway = await gatewayWith({ state_file: stateFile });
    assert.deepEqual((await tell(data(gateway), 'GET', '/services')).body, []);
    await gateway.logLine(({ message }) => /state_file is damaged/.test(String(message)), 'what happened');
  });
});

describe('instances that go without a word', () => {
  let gateway: Gateway;

  it('are dropped after missed heartbeats', async () => {
    gateway = await gatewayWith({
      push: { heartbeat_timeout: '1s', probe_interval: '100ms', unreachable_timeout: '2s' },
    });
    const orders = await service({ name: 'orders' });
    await tell(data(gateway), 'POST', '/register', nodeBody(orders));
    await eventually(async () => {
      await tell(data(gateway), 'PUT', '/heartbeat/orders-1', { status: 'healthy' });
      return (await get(gateway, '/orders/items')).body === 'orders-1 /items';
    }, 'the service to be reached');
    await isGone(gateway, '/orders/items');
    const beat = await tell(data(gateway), 'PUT', '/heartbeat/orders-1', { status: 'healthy' });
    assert.equal(beat.status, 404);
  });

  it('are asked, if they never sent any', async () => {
    const orders = await service({ name: 'orders' });
    const silent = await service({ name: 'silent' });
    await tell(data(gateway), 'POST', '/register', nodeBody(orders));
    await tell(data(gateway), 'POST', '/register', nodeBody(silent));
    await answers(gateway, '/silent/items', 'silent-1 /items');
    await silent.close();
    await isGone(gateway, '/silent/items');
    assert.equal((await get(gateway, '/orders/items')).status, 200);
  });
});

interface Hook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('events', () => {
  const webhook = { service_webhook: '/hook', gateway_webhook: '/_farp/v1/events', secret: 's3cr3t' };

  async function listening(
    name: string,
  ): Promise<{ orders: FarpService; hooks: Hook[]; events: () => string[] }> {
    const hooks: Hook[] = [];
    const orders = await service({
      name,
      manifest: { webhook },
      first: (request, response) => {
        if (request.url !== '/hook') return false;
        let body = '';
        request.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        request.on('end', () => {
          hooks.push({ headers: request.headers, body });
          response.end();
        });
        return true;
      },
    });
    return { orders, hooks, events: () => hooks.map(({ headers }) => String(headers['x-farp-event'])) };
  }

  it('tell the service of its routes, of the configuration, of its breaker and of the end', async () => {
    const routing = { circuit_breaker: { failure_threshold: 2, timeout: '1s' }, retries: 0 };
    const gateway = await gatewayWith({}, { routing });
    const { orders, hooks, events } = await listening('orders');
    const heard = (event: string) => eventually(async () => events().includes(event), event);
    await tell(data(gateway), 'POST', '/register', nodeBody(orders));
    await heard('routes.changed');

    const { first } = orders;
    orders.first = (request, response) => {
      if (request.url !== '/items') return first(request, response);
      response.writeHead(500).end();
      return true;
    };
    await eventually(async () => (await get(gateway, '/orders/items')).status === 503, 'the breaker to open');
    await heard('circuit.breaker.open');
    orders.first = first;
    await answers(gateway, '/orders/items', 'orders-1 /items');
    await heard('circuit.breaker.closed');

    await gateway.reload({ ...gateway.config, routing: { ...routing, timeout: '29s' } });
    await heard('config.updated');
    await gateway.stop();
    assert.ok(events().includes('gateway.shutdown'), events().join());
    for (const { headers, body } of hooks) {
      assert.ok(verifySignature('s3cr3t', body, String(headers['x-farp-signature'])));
      const { event, type } = JSON.parse(body);
      assert.deepEqual([event, type], [headers['x-farp-event'], headers['x-farp-event']]);
    }
  });

  it('from the service have the gateway look at it', async () => {
    const gateway = await gatewayWith();
    const { orders } = await listening('orders');
    await tell(data(gateway), 'POST', '/register', forgeBody(orders));
    await answers(gateway, '/orders/items', 'orders-1 /items');
    orders.change(['/new']);
    const event = JSON.stringify({ event: 'schema.updated', source: { service_name: 'orders' }, data: {} });
    const unsigned = await tell(data(gateway), 'POST', '/events', event);
    assert.equal(unsigned.status, 401);
    const signed = { 'x-farp-signature': signatureOf('s3cr3t', event), 'x-farp-delivery': 'd-1' };
    assert.equal((await tell(data(gateway), 'POST', '/events', event, signed)).status, 202);
    await answers(gateway, '/orders/new', 'orders-1 /new');
    assert.equal((await tell(data(gateway), 'POST', '/events', event, signed)).status, 200);
  });
});
