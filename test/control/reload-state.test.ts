/** What a reload leaves alone: requests in flight, and what the gateway knows of its endpoints. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { ActingOrigin, answer, statusOf } from '../config-keys/support.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import type { OriginConnection } from '../support/origin.ts';
import { message } from '../support/wire.ts';

interface EndpointView {
  readonly health: string;
  readonly in_flight: number;
  readonly ejected: boolean;
}

let gateway: Gateway;
let origin: ActingOrigin;
let good: ActingOrigin;

/** `extra` makes it another configuration without touching the upstreams. */
const config = (extra = 0): GatewayConfig => ({
  routing: { retries: 0 },
  upstreams: [
    { name: 'broken', endpoints: [origin.address], circuit_breaker: { failure_threshold: 2 } },
    {
      name: 'ejecting',
      endpoints: [origin.address, good.address],
      outlier: { consecutive_failures: 2, eject_for: '10m' },
    },
    {
      name: 'checked',
      endpoints: [origin.address],
      health_check: { path: '/health', interval: '50ms', unhealthy_after: 1, healthy_after: 1000 },
    },
    { name: 'plain', endpoints: [origin.address] },
  ],
  routes: [
    ...['broken', 'ejecting', 'checked', 'plain'].map((name) => ({ path: `/${name}`, upstream: name })),
    { path: '/extra', respond: { body: String(extra) } },
  ],
});

before(async () => {
  origin = await new ActingOrigin(answer(200, 'ok')).listen();
  good = await new ActingOrigin(answer(200, 'good')).listen();
  gateway = await startGateway(config());
});
after(async () => {
  await gateway?.stop();
  await origin?.close();
  await good?.close();
});
afterEach(() => {
  origin.act = answer(200, 'ok');
});

async function upstream(name: string): Promise<{ circuit_breaker: string; endpoints: EndpointView[] }> {
  const { upstreams } = (await (await gateway.admin('/_/upstreams')).json()) as {
    upstreams: { name: string; circuit_breaker: string; endpoints: EndpointView[] }[];
  };
  return upstreams.find((one) => one.name === name)!;
}

describe('a reload', () => {
  it('that takes route and upstream away lets requests in flight finish', async () => {
    let download: OriginConnection | null = null;
    let upload: OriginConnection | null = null;
    origin.act = (request, connection) => {
      const { method, target, body } = request;
      if (target === '/health') {
        answer(200)(request, connection);
      } else if (method === 'GET') {
        download = connection;
        connection.write(`${message('HTTP/1.1 200 OK', 'Content-Length: 10')}01234`);
      } else {
        upload = connection;
        connection.write(message('HTTP/1.1 200 OK', 'Content-Length: 0', `X-Got: ${body}`));
      }
    };
    const reader = await gateway.connect();
    reader.write(message('GET /plain HTTP/1.1', 'Host: a'));
    const writer = await gateway.connect();
    writer.write(`${message('POST /plain HTTP/1.1', 'Host: a', 'Content-Length: 10')}01234`);
    await eventually(async () => reader.received.endsWith('01234'), 'half of the response');
    await eventually(
      async () => (await upstream('plain')).endpoints[0]?.in_flight === 2,
      'both to be in flight',
    );
    await gateway.reload({ routes: [{ path: '/new', respond: { body: 'new' } }] });
    assert.equal(await statusOf(gateway.port, '/plain'), 404);

    writer.write('56789');
    const uploaded = await writer.response();
    assert.equal(uploaded.status, 200);
    assert.ok(upload);
    download!.write('56789');
    const downloaded = await reader.response();
    assert.deepEqual([downloaded.body, downloaded.complete], ['0123456789', true]);
    reader.destroy();
    writer.destroy();
    await gateway.reload(config(1));
  });

  it('keeps an open circuit breaker open', async () => {
    origin.act = answer(500);
    for (let index = 0; index < 2; index++) assert.equal(await statusOf(gateway.port, '/broken'), 500);
    assert.equal((await upstream('broken')).circuit_breaker, 'open');
    await gateway.reload(config(2));
    assert.equal((await upstream('broken')).circuit_breaker, 'open');
    assert.equal(await statusOf(gateway.port, '/broken'), 503);
  });

  it('keeps an endpoint ejected', async () => {
    origin.act = answer(500);
    await eventually(async () => {
      await statusOf(gateway.port, '/ejecting');
      return (await upstream('ejecting')).endpoints[0]!.ejected;
    }, 'the ejection');
    origin.act = answer(200, 'ok');
    await gateway.reload(config(3));
    assert.equal((await upstream('ejecting')).endpoints[0]!.ejected, true);
    good.take();
    for (let index = 0; index < 6; index++) await statusOf(gateway.port, '/ejecting');
    assert.equal(good.take().length, 6);
  });

  it('keeps an endpoint unhealthy until its checks pass', async () => {
    origin.act = answer(500);
    await eventually(
      async () => (await upstream('checked')).endpoints[0]!.health === 'unhealthy',
      'the check',
    );
    origin.act = answer(200, 'ok');
    await gateway.reload(config(4));
    assert.equal((await upstream('checked')).endpoints[0]!.health, 'unhealthy');
    assert.equal(await statusOf(gateway.port, '/checked'), 503);
  });

  it('goes on counting what is in flight', async () => {
    const open: OriginConnection[] = [];
    origin.act = (request, connection) => {
      if (request.target === '/health') answer(200)(request, connection);
      else open.push(connection);
    };
    const clients = await Promise.all([gateway.connect(), gateway.connect(), gateway.connect()]);
    for (const client of clients) client.write(message('GET /plain HTTP/1.1', 'Host: a'));
    await eventually(async () => open.length === 3, 'three requests');
    await gateway.reload(config(5));
    assert.equal((await upstream('plain')).endpoints[0]!.in_flight, 3);
    for (const connection of open) connection.write(message('HTTP/1.1 200 OK', 'Content-Length: 0'));
    for (const client of clients) {
      assert.equal((await client.response()).status, 200);
      client.destroy();
    }
    await eventually(async () => (await upstream('plain')).endpoints[0]!.in_flight === 0, 'none in flight');
  });
});
