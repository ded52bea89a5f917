/** `routes[].retries` and `routing.retries`: each key, where it is written and where it is inherited. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually, startGateway } from '../support/gateway.js';
import { ActingOrigin, answer, ask, firstly, silence } from './support.js';
for (const level of ['routes[]', 'routing']) {
    describe(`${level}.retries`, () => {
        let gateway;
        let origin;
        const config = (retries) => ({
            upstreams: [{ name: 'origin', endpoints: [origin.address] }],
            ...(level === 'routing' ? { routing: { retries } } : {}),
            routes: [{ path: '/*', upstream: 'origin', ...(level === 'routes[]' ? { retries } : {}) }],
        });
        before(async () => {
            origin = await new ActingOrigin(answer(200)).listen();
            gateway = await startGateway(config({}), { workers: 1 });
        });
        after(async () => {
            await gateway?.stop();
            await origin?.close();
        });
        /** Status for the client, and the number of tries, when `act` happens to each try. */
        async function tries(retries, act, body = '') {
            await gateway.reload(config(retries));
            origin.act = act;
            origin.take();
            const { status } = await ask(gateway.port, '/', { method: body === '' ? 'GET' : 'PUT', body });
            return [status, origin.take().length];
        }
        it(`${level}.retries.attempts`, async () => {
            assert.deepEqual(await tries({}, answer(503)), [503, 3], 'the default is 2');
            assert.deepEqual(await tries({ attempts: 4 }, answer(503)), [503, 5]);
            assert.deepEqual(await tries({ attempts: 0 }, answer(503)), [503, 1]);
        });
        it(`${level}.retries.on`, async () => {
            assert.deepEqual(await tries({ on: [500] }, firstly(1, answer(500), answer(200))), [200, 2]);
            assert.deepEqual(await tries({ on: [500] }, answer(503)), [503, 1]);
            const reset = firstly(1, (_, connection) => connection.reset(), answer(200));
            assert.deepEqual(await tries({ on: ['reset'] }, reset), [200, 2]);
        });
        it(`${level}.retries.per_try_timeout`, async () => {
            const slow = firstly(1, silence, answer(200));
            const start = performance.now();
            assert.deepEqual(await tries({ on: ['timeout'], per_try_timeout: '300ms' }, slow), [200, 2]);
            const took = performance.now() - start;
            assert.ok(took > 295 && took < 10_000, `${took} ms`);
        });
        it(`${level}.retries.budget`, async () => {
            assert.deepEqual(await tries({ budget: '0%' }, answer(503)), [503, 1]);
            // A new series reaches the primary by message.
            await eventually(async () => {
                const metrics = await gateway.metrics();
                return metrics.sum('octopus_upstream_retries_abandoned_total', { reason: 'budget' }) === 1;
            }, 'the refusal to be counted');
        });
        it(`${level}.retries.body_limit`, async () => {
            const once = firstly(1, answer(503), answer(200));
            assert.deepEqual(await tries({ body_limit: '1KB' }, once, 'x'.repeat(1_024)), [200, 2]);
            assert.deepEqual(await tries({ body_limit: '1KB' }, answer(503), 'x'.repeat(1_025)), [503, 1]);
        });
    });
}
describe('routing.retries as a number', () => {
    it('routing.retries is the default of routes[].retries, key by key', async () => {
        const origin = await new ActingOrigin(answer(503)).listen();
        const gateway = await startGateway({
            routing: { retries: { attempts: 1, on: [503] } },
            upstreams: [{ name: 'origin', endpoints: [origin.address] }],
            routes: [
                { path: '/default', upstream: 'origin' },
                { path: '/number', upstream: 'origin', retries: 3 },
                { path: '/other', upstream: 'origin', retries: { on: [502] } },
            ],
        }, { workers: 1 });
        try {
            const count = async (target) => {
                origin.take();
                await ask(gateway.port, target);
                return origin.take().length;
            };
            assert.deepEqual([await count('/default'), await count('/number'), await count('/other')], [2, 4, 1]);
        }
        finally {
            await gateway.stop();
            await origin.close();
        }
    });
});
//# sourceMappingURL=retries.test.js.map