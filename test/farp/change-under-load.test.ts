/** Services register and change while requests run: none of those fails. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FarpService, listed } from '../support/farp-service.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type Load, type LoadOptions, underLoad } from '../support/load.ts';
import { message } from '../support/wire.ts';

const SERVICES = 50;
const KEPT = ['/kept', '/kept/{id}'];

let gateway: Gateway;
const services: FarpService[] = [];

function discovering(list: readonly (readonly FarpService[])[]): GatewayConfig {
  return {
    farp: { enabled: true, watch_interval: '500ms' },
    discovery: { backend: 'static', static: { services: list.map((instances) => listed(instances)) } },
  };
}

async function status(path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`);
  await response.arrayBuffer();
  return response.status;
}

const allAnswer = (path: string, expected: number): Promise<boolean> =>
  eventually(
    async () => {
      for (const { name } of services) if ((await status(`/${name}${path}`)) !== expected) return false;
      return true;
    },
    `${path} of all services to answer ${expected}`,
    30_000,
  );

before(async () => {
  for (let index = 0; index < SERVICES; index++)
    services.push(await FarpService.start({ name: `s${index}`, paths: [...KEPT, '/v0'] }));
  gateway = await startGateway(discovering(services.map((service) => [service])));
});

after(async () => {
  await gateway?.stop();
  await Promise.all(services.map((service) => service.close()));
});

describe('change under load', () => {
  const load: LoadOptions = {
    get port() {
      return gateway.port;
    },
    connections: 8,
    request: (sequence) => message(`GET /s${sequence % SERVICES}/kept/${sequence} HTTP/1.1`, 'Host: a'),
  };

  /** Lets the work run to its end, with more requests before and after. */
  const during = async (work: (load: Load) => Promise<unknown>): Promise<void> => {
    const { failures, answered } = await underLoad(load, async (running) => {
      await running.more(200);
      await work(running);
      await running.more(200);
    });
    assert.deepEqual(failures, []);
    assert.ok(answered >= 400);
  };

  it(`the schemas of ${SERVICES} services change twice: new paths come, old ones go, no request fails`, async () => {
    await allAnswer('/v0', 200);
    await during(async () => {
      for (const version of [1, 2]) {
        for (const service of services) service.change([...KEPT, `/v${version}`]);
        await allAnswer(`/v${version}`, 200);
        await allAnswer(`/v${version - 1}`, 404);
      }
    });
  });

  it('instances come and go: those that leave drain, no request fails', async () => {
    const seconds: FarpService[] = [];
    try {
      await during(async (running) => {
        for (const { name, paths } of services.slice(0, 10))
          seconds.push(await FarpService.start({ name, id: `${name}-2`, paths }));
        await gateway.reload(
          discovering(services.map((service, index) => [service, ...seconds.slice(index, index + 1)])),
        );
        const hit = ({ served }: FarpService): boolean =>
          [...served.keys()].some((path) => path.startsWith('/kept'));
        await eventually(async () => seconds.every(hit), 'each new instance to get requests');
        await gateway.reload(discovering(services.map((service) => [service])));
        await eventually(async () => {
          const before = seconds.map(({ served }) => [...served.values()].reduce((sum, one) => sum + one, 0));
          await running.more(SERVICES * 4);
          return seconds.every(
            ({ served }, index) => [...served.values()].reduce((sum, one) => sum + one, 0) === before[index],
          );
        }, 'no more requests to those that left');
      });
    } finally {
      await Promise.all(seconds.map((service) => service.close()));
    }
  });

  it('a service that flaps does not starve the others: few generations, all changes seen', async () => {
    const [flapping] = services;
    const versionOf = async (): Promise<number> =>
      ((await (await gateway.admin('/_/health')).json()) as { config: { version: number } }).config.version;
    const from = await versionOf();
    const startedAt = performance.now();
    await during(async () => {
      for (let flap = 0; flap < 20; flap++) {
        flapping!.change([...KEPT, `/flap${flap}`]);
        await status(`/s0/flap${flap}`);
      }
      await eventually(async () => (await status('/s0/flap19')) === 200, 'the last change');
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const generations = (await versionOf()) - from;
    assert.ok(generations <= 2 + 2.5 * seconds, `${generations} generations in ${seconds.toFixed(1)} s`);
  });
});
