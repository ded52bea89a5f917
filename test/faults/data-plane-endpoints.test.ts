/** Endpoints that die and come back, and how requests are spread over those that live. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Endpoint } from '../support/endpoint.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { underLoad } from '../support/load.ts';
import { message } from '../support/wire.ts';

const GET = message('GET / HTTP/1.1', 'Host: a');

let gateway: Gateway;
let endpoints: Endpoint[];

before(async () => {
  endpoints = await Promise.all(['one', 'two'].map((name) => new Endpoint(name).start()));
  const [one, two] = endpoints.map(({ address }) => address);
  gateway = await startGateway(
    {
      routing: { retries: { attempts: 3, budget: '100%' } },
      upstreams: [
        { name: 'outlier', endpoints: [one, two], outlier: { consecutive_failures: 3, eject_for: '300ms' } },
        {
          name: 'checked',
          endpoints: [one, two],
          health_check: { path: '/', interval: '100ms', timeout: '1s', healthy_after: 1, unhealthy_after: 1 },
        },
        { name: 'plain', endpoints: [one, two] },
        {
          name: 'weighted',
          endpoints: [
            { address: one, weight: 3 },
            { address: two, weight: 1 },
          ],
          load_balance: 'weighted',
        },
      ],
      routes: ['outlier', 'checked', 'plain', 'weighted'].map((name) => ({
        path: `/${name}`,
        upstream: name,
      })),
    },
    { workers: 3 },
  );
});

after(async () => {
  await gateway?.stop();
  await Promise.all((endpoints ?? []).map((endpoint) => endpoint.close()));
});

const request = (path: string) => (): string => GET.replace('GET /', `GET ${path}`);

describe('an endpoint that is killed and revived', () => {
  for (const upstream of ['outlier', 'checked', 'plain']) {
    it(`20 times under load, upstream "${upstream}": no GET fails`, async () => {
      const options = { port: gateway.port, connections: 12, request: request(`/${upstream}`) };
      const { failures } = await underLoad(options, async (load) => {
        await load.more(100);
        for (let round = 0; round < 20; round++) {
          const victim = endpoints[round % 2]!;
          await victim.kill();
          await load.more(60);
          await victim.start();
          const { served } = victim;
          // Traffic comes back by itself before the other one is killed.
          await eventually(async () => victim.served > served + 3, `${victim.name} to get requests again`);
        }
      });
      assert.deepEqual(failures, []);
    });
  }
});

describe('an endpoint that is down', () => {
  it('fails no request, with settings as they are by default', async () => {
    const dead = await new Endpoint('dead').start();
    await dead.kill();
    const own = await startGateway({
      upstreams: [{ name: 'default', endpoints: [endpoints[0]!.address, dead.address] }],
      routes: [{ path: '/*', upstream: 'default' }],
    });
    try {
      const body = 'x'.repeat(100_000);
      const post = message('POST / HTTP/1.1', 'Host: a', `Content-Length: ${body.length}`) + body;
      const { failures } = await underLoad(
        {
          port: own.port,
          connections: 12,
          request: (sequence) => (sequence % 20 === 0 ? post : GET),
        },
        (load) => load.more(1_500),
      );
      assert.deepEqual(failures, []);
    } finally {
      await own.stop();
      await dead.close();
    }
  });
});

describe('balancing across worker threads', () => {
  async function share(path: string, requests: number): Promise<number> {
    const before = endpoints.map(({ served }) => served);
    const options = { port: gateway.port, connections: 24, request: request(path) };
    const { failures } = await underLoad(options, (load) => load.more(requests));
    assert.deepEqual(failures, []);
    const [one = 0, two = 0] = endpoints.map(({ served }, index) => served - before[index]!);
    return one / (one + two);
  }

  it('round robin over two endpoints and three workers stays within 1 %', async () => {
    const half = await share('/plain', 2_000);
    assert.ok(Math.abs(half - 0.5) < 0.01, `share ${half}`);
  });

  it('weights 3 and 1 give three quarters', async () => {
    const threeQuarters = await share('/weighted', 2_000);
    assert.ok(Math.abs(threeQuarters - 0.75) < 0.02, `share ${threeQuarters}`);
  });

  it('nothing is in flight when nothing is sent', async () => {
    await eventually(async () => {
      const text = await (await gateway.admin('/_/upstreams')).text();
      const counts = [...text.matchAll(/"in_flight":\s*(-?\d+)/g)].map(([, count]) => Number(count));
      return counts.length > 0 && counts.every((count) => count === 0);
    }, 'all in-flight counts to be 0');
  });
});

describe('consistent hash', () => {
  const KEYS = 400;
  let all: Endpoint[];
  let own: Gateway;

  before(async () => {
    all = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => new Endpoint(name).start()));
    own = await startGateway(withEndpoints(all));
  });
  after(async () => {
    await own?.stop();
    await Promise.all((all ?? []).map((endpoint) => endpoint.close()));
  });

  const withEndpoints = (list: readonly Endpoint[]) => ({
    upstreams: [
      {
        name: 'hashed',
        endpoints: list.map(({ address }) => address),
        load_balance: 'consistent-hash',
        hash_on: 'header:x-user',
        health_check: { path: '/', interval: '100ms', unhealthy_after: 1, healthy_after: 1 },
      },
    ],
    routes: [{ path: '/*', upstream: 'hashed' }],
  });

  /** Which endpoint each key goes to; `copies` connections must agree, whichever worker has them. */
  async function placement(copies = 1): Promise<string[]> {
    const clients = await Promise.all(Array.from({ length: copies }, () => own.connect()));
    const placed = await Promise.all(
      clients.map(async (client) => {
        const names: string[] = [];
        for (let key = 0; key < KEYS; key++) {
          const { body } = await client.request(message('GET / HTTP/1.1', 'Host: a', `X-User: user-${key}`));
          names.push(body);
        }
        client.destroy();
        return names;
      }),
    );
    for (const names of placed) assert.deepEqual(names, placed[0]);
    return placed[0]!;
  }

  it('is the same for every worker, and only the keys of an endpoint that leaves move, over all the others', async () => {
    const before = await placement(6);
    await own.reload(withEndpoints(all.filter(({ name }) => name !== 'c')));
    const without = await placement();
    const moved = before.flatMap((name, key) => (name === without[key] ? [] : [key]));
    assert.ok(moved.every((key) => before[key] === 'c'));
    assert.ok(moved.length > KEYS / 10 && moved.length < KEYS / 3, `${moved.length} of ${KEYS} keys moved`);
    assert.equal(new Set(moved.map((key) => without[key])).size, 4, 'all others take some');
    await own.reload(withEndpoints(all));
    assert.deepEqual(await placement(), before, 'they come back with it');
  });

  it('moves the same keys when the endpoint is found unhealthy', async () => {
    const before = await placement();
    await all[2]!.kill();
    await eventually(
      async () => (await (await own.admin('/_/upstreams')).text()).includes('"unhealthy"'),
      'the endpoint to be unhealthy',
    );
    const without = await placement();
    assert.ok(before.every((name, key) => name === 'c' || name === without[key]));
    assert.ok(!without.includes('c'));
  });
});
