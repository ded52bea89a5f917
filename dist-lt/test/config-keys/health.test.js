/** Health checks, outlier ejection and circuit breakers: each key where it is written and where it is inherited. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/gateway.js';
import { message } from '../support/wire.js';
import { answer, silence } from './support.js';
import { Bench, LEVELS, share } from './upstream-bench.js';
const bench = new Bench();
before(() => bench.start());
after(() => bench.stop());
for (const level of LEVELS) {
    const use = (keys, acts = {}) => bench.use(level, keys, acts);
    describe(`${level}.health_check`, () => {
        const QUICK = { path: '/probe', interval: '50ms', timeout: '5s', healthy_after: 1, unhealthy_after: 1 };
        const probes = () => bench.a.got.length;
        it('path and expect', async () => {
            await use({ health_check: { ...QUICK, expect: [418, '501-502'] } }, { a: answer(418), b: answer(200) });
            await bench.untilHealth('healthy');
            await eventually(async () => (await bench.endpoint(1)).health === 'unhealthy', 'b to be unhealthy');
            assert.equal(bench.a.got[0]?.target, '/probe');
            bench.a.act = answer(200);
            await bench.untilHealth('unhealthy');
            bench.a.act = answer(502);
            await bench.untilHealth('healthy');
        });
        it('interval', async () => {
            await use({ health_check: { ...QUICK, interval: '250ms' } });
            await eventually(async () => probes() >= 1, 'the first check');
            const start = performance.now();
            await eventually(async () => probes() >= 5, 'four more checks');
            const took = performance.now() - start;
            assert.ok(took > 4 * 250 * 0.85 - 50, `${took} ms`);
        });
        it('timeout', async () => {
            await use({ health_check: { ...QUICK, timeout: '100ms' } }, { a: silence });
            await bench.untilHealth('unhealthy');
            assert.match((await bench.endpoint()).last_check_error ?? '', /100 ?ms|time/i);
        });
        it('unhealthy_after', async () => {
            await use({ health_check: { ...QUICK, unhealthy_after: 5 } }, { a: answer(500) });
            await bench.untilHealth('unhealthy');
            assert.ok(probes() >= 5, `${probes()} checks`);
        });
        it('healthy_after', async () => {
            await use({ health_check: { ...QUICK, healthy_after: 5 } }, { a: answer(500) });
            await bench.untilHealth('unhealthy');
            bench.a.take();
            bench.a.act = answer(200);
            await bench.untilHealth('healthy');
            assert.ok(probes() >= 5, `${probes()} checks`);
        });
    });
    describe(`${level}.outlier`, () => {
        const outlier = (changes) => ({
            outlier: { consecutive_failures: 3, eject_for: '60s', max_ejected: '50%', ...changes },
        });
        const bad = { a: answer(500, 'x') };
        it('consecutive_failures', async () => {
            await use(outlier({}), bad);
            assert.equal(share(await bench.turns(20), 'x'), 3);
            assert.equal((await bench.endpoint()).ejected, true);
        });
        it('eject_for', async () => {
            await use(outlier({ eject_for: '300ms' }), bad);
            await bench.turns(6);
            const start = performance.now();
            await eventually(async () => (await bench.turns(2)).includes('x'), 'the endpoint to be back');
            assert.ok(performance.now() - start < 15_000);
            await use(outlier({ eject_for: '20s' }), bad);
            await bench.turns(6);
            const left = Date.parse((await bench.endpoint()).ejected_until ?? '') - Date.now();
            assert.ok(left > 10_000 && left <= 20_000, `${left} ms`);
        });
        it('max_ejected', async () => {
            await use(outlier({ max_ejected: '49%' }), bad);
            assert.equal(share(await bench.turns(20), 'x'), 10);
        });
    });
    describe(`${level}.circuit_breaker`, () => {
        const breaker = (changes) => ({
            circuit_breaker: { failure_threshold: 3, timeout: '60s', half_open_requests: 1, ...changes },
        });
        const bad = { a: answer(500), b: answer(500) };
        const arrived = () => bench.a.got.length + bench.b.got.length;
        const code = async () => {
            const { body } = await bench.ask();
            return body === '' ? '' : JSON.parse(body).code;
        };
        it('failure_threshold', async () => {
            await use(breaker({}), bad);
            for (let index = 0; index < 3; index++)
                assert.equal(await code(), '');
            assert.equal(await code(), 'circuit_open');
            assert.equal(arrived(), 3);
            assert.equal((await bench.view()).circuit_breaker, 'open');
        });
        it('timeout', async () => {
            await use(breaker({ failure_threshold: 1, timeout: '300ms' }), bad);
            await code();
            const start = performance.now();
            await eventually(async () => (await code()) !== 'circuit_open', 'a probe');
            const took = performance.now() - start;
            assert.ok(took > 250, `${took} ms`);
        });
        it('half_open_requests', async () => {
            await use(breaker({ failure_threshold: 1, timeout: '200ms', half_open_requests: 2 }), bad);
            await code();
            bench.a.act = bench.b.act = silence;
            bench.a.take();
            bench.b.take();
            await new Promise((resolve) => setTimeout(resolve, 300));
            const clients = await Promise.all(Array.from({ length: 6 }, () => bench.gateway.connect()));
            for (const client of clients)
                client.write(message('GET / HTTP/1.1', 'Host: a'));
            await eventually(async () => clients.filter((client) => client.received.includes('circuit_open')).length === 4, 'four refusals');
            await eventually(async () => arrived() === 2, 'two probes');
            for (const client of clients)
                client.destroy();
        });
    });
}
//# sourceMappingURL=health.test.js.map