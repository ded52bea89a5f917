/** Services appear, change and vanish by themselves: through a running gateway. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FarpService, listed } from '../support/farp-service.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
const services: FarpService[] = [];

async function start(options: ConstructorParameters<typeof FarpService>[0]): Promise<FarpService> {
  const service = await FarpService.start(options);
  services.push(service);
  return service;
}

function discovering(list: readonly Record<string, unknown>[], more: GatewayConfig = {}): GatewayConfig {
  return {
    farp: { enabled: true, watch_interval: '200ms' },
    discovery: { backend: 'static', static: { services: list } },
    ...more,
  };
}

async function get(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`);
  return { status: response.status, body: await response.text() };
}

const answers = (path: string, body: string) =>
  eventually(async () => (await get(path)).body === body, `${path} to answer ${body}`);
const isGone = (path: string) => eventually(async () => (await get(path)).status === 404, `${path} to go`);

after(async () => {
  await gateway?.stop();
  for (const service of services) await service.close();
});

describe('services of a backend', () => {
  let orders: FarpService;
  before(async () => {
    orders = await start({ name: 'orders' });
    gateway = await startGateway(discovering([orders.listed]));
  });

  it('the routes of a service that was there before the gateway are there when it is ready', async () => {
    assert.deepEqual(await get('/orders/items'), { status: 200, body: 'orders-1 /items' });
    assert.deepEqual(await get('/orders/items/7'), { status: 200, body: 'orders-1 /items/7' });
    assert.equal((await get('/orders/secret')).status, 404);
    assert.equal((await get('/orders/_farp/manifest')).status, 404);
  });
});
