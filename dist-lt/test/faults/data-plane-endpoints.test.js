/** Endpoints that die and come back, and how requests are spread over those that live. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Endpoint } from '../support/endpoint.js';
import { eventually, startGateway } from '../support/gateway.js';
import { underLoad } from '../support/load.js';
import { message } from '../support/wire.js';
const GET = message('GET / HTTP/1.1', 'Host: a');
let gateway;
let endpoints;
before(async () => {
    endpoints = await Promise.all(['one', 'two'].map((name) => new Endpoint(name).start()));
    const [one, two] = endpoints.map(({ address }) => address);
    gateway = await startGateway({
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
    }, { workers: 3 });
});
after(async () => {
    await gateway?.stop();
    await Promise.all((endpoints ?? []).map((endpoint) => endpoint.close()));
});
const request = (path) => () => GET.replace('GET /', `GET ${path}`);
describe('an endpoint that is killed and revived', () => {
    for (const upstream of ['outlier', 'checked', 'plain']) {
        it(`20 times under load, upstream "${upstream}": no GET fails`, async () => {
            const options = { port: gateway.port, connections: 12, request: request(`/${upstream}`) };
            const { failures } = await underLoad(options, async (load) => {
                await load.more(100);
                for (let round = 0; round < 20; round++) {
                    const victim = endpoints[round % 2];
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
describe('balancing across worker threads', () => {
    async function share(path, requests) {
        const before = endpoints.map(({ served }) => served);
        const options = { port: gateway.port, connections: 24, request: request(path) };
        const { failures } = await underLoad(options, (load) => load.more(requests));
        assert.deepEqual(failures, []);
        const [one = 0, two = 0] = endpoints.map(({ served }, index) => served - before[index]);
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
//# sourceMappingURL=data-plane-endpoints.test.js.map