/** The keys of `farp` that say how services are looked at and where they appear, through a running gateway. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FarpService, type FarpServiceOptions } from '../support/farp-service.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway | null = null;
const services: FarpService[] = [];

async function service(options: FarpServiceOptions): Promise<FarpService> {
  const started = await FarpService.start(options);
  services.push(started);
  return started;
}

async function use(farp: Readonly<Record<string, unknown>>): Promise<Gateway> {
  const config = {
    farp: { enabled: true, push: { enabled: false }, ...farp },
    discovery: { backend: 'static', static: { services: services.map(({ listed }) => listed) } },
  };
  if (gateway === null) gateway = await startGateway(config);
  else await gateway.reload(config);
  return gateway;
}

/** Status of a request for that host. */
function status(path: string, host = 'gateway.test'): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: gateway!.port, path, headers: { host } };
    http.get(options, (response) => resolve(response.resume().statusCode!)).on('error', reject);
  });
}

const serves = (path: string, host?: string): Promise<boolean> =>
  eventually(async () => (await status(path, host)) === 200, `${host ?? ''}${path}`);

const looks = ({ served }: FarpService, path = '/_farp/manifest'): number => served.get(path) ?? 0;

afterEach(async () => {
  for (const one of services.splice(0)) await one.close();
});

after(() => gateway?.stop());

describe('farp', () => {
  it('watch_interval: how soon a change is seen', async () => {
    const orders = await service({ name: 'watched', paths: ['/a'] });
    await use({ watch_interval: '1h' });
    await serves('/watched/a');
    orders.change(['/b']);
    await sleep(500);
    assert.equal(looks(orders), 1);
    assert.equal(await status('/watched/b'), 404);
    await use({ watch_interval: '100ms' });
    await serves('/watched/b');
    await eventually(async () => looks(orders) >= 5, 'some looks');
  });

  it('schema_cache_ttl: how long a schema with a hash is believed', async () => {
    const tags: unknown[] = [];
    const orders = await service({
      name: 'cached',
      first: (request, response) => {
        if (request.url !== '/openapi.json') return false;
        tags.push(request.headers['if-none-match']);
        response.setHeader('etag', '"v1"');
        if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
        return response.writableEnded;
      },
    });
    await use({ watch_interval: '50ms', schema_cache_ttl: '1h' });
    await serves('/cached/items');
    const before = looks(orders);
    await eventually(async () => looks(orders) >= before + 5, 'some looks');
    assert.deepEqual(tags, [undefined]);
    await use({ watch_interval: '50ms', schema_cache_ttl: '100ms' });
    await eventually(async () => tags.length >= 4, 'the schema to be asked for again');
    assert.equal(tags.at(-1), '"v1"');
    assert.equal(await status('/cached/items'), 200);
  });

  it('domain: where services with a host name of their own are', async () => {
    await service({ name: 'shop', manifest: { routing: { strategy: 'subdomain', subdomain: 'Buy' } } });
    await use({ domain: 'api.example.test' });
    await serves('/items', 'buy.api.example.test');
    assert.equal(await status('/shop/items'), 404);
    await use({});
    await serves('/shop/items');
    assert.equal(await status('/items', 'buy.api.example.test'), 404);
  });

  it('max_routes: a service with more is refused, the others are not', async () => {
    await service({ name: 'large', paths: ['/1', '/2', '/3', '/4'] });
    await service({ name: 'small', paths: ['/1', '/2', '/3'] });
    await use({ max_routes: 3 });
    await serves('/small/1');
    assert.equal(await status('/large/1'), 404);
    const report = await (await gateway!.admin('/_/services/large')).text();
    assert.match(report, /it has 4 routes; at most 3 are accepted/);
    await use({ max_routes: 4 });
    await serves('/large/1');
  });
});
