/** Health checks, outlier ejection and circuit breakers: each key where it is written and where it is inherited. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../support/gateway.ts';
import { message } from '../support/wire.ts';
import { answer, silence } from './support.ts';
import { type Bench, LEVELS, share, useBench } from './upstream-bench.ts';

const bench = useBench();

for (const level of LEVELS) {
  const use = (keys: Record<string, unknown>, acts: Parameters<Bench['use']>[2] = {}) =>
    bench.use(level, keys, acts);

  describe(`${level}.health_check`, () => {
    let uses = 0;
    /** A path of its own each time: checks of the upstream before may still arrive. */
    const quick = (changes: Record<string, unknown>) => ({
      health_check: {
        path: `/probe/${++uses}`,
        interval: '50ms',
        timeout: '5s',
        healthy_after: 1,
        unhealthy_after: 1,
        ...changes,
      },
    });
    const probes = () => bench.a.got.filter(({ target }) => target === `/probe/${uses}`).length;

    it('path and expect', async () => {
      await use(quick({ expect: [418, '501-502'] }), { a: answer(418), b: answer(200) });
      await bench.untilHealth('healthy');
      await eventually(async () => (await bench.endpoint(1)).health === 'unhealthy', 'b to be unhealthy');
      assert.ok(probes() > 0);
      bench.a.act = answer(200);
      await bench.untilHealth('unhealthy');
      bench.a.act = answer(502);
      await bench.untilHealth('healthy');
    });

    it('interval', async () => {
      await use(quick({ interval: '250ms' }));
      const before = probes();
      const start = performance.now();
      await eventually(async () => probes() >= before + 5, 'more checks');
      const took = performance.now() - start;
      // Four whole intervals, each up to a tenth shorter; this process may have noticed the first check late.
      assert.ok(took > 4 * 250 * 0.9 - 300, `${took} ms`);
    });

    it('timeout', async () => {
      await use(quick({ timeout: '100ms' }), { a: silence });
      await bench.untilHealth('unhealthy');
      assert.match((await bench.endpoint()).last_check_error ?? '', /100 ?ms|time/i);
    });

    it('unhealthy_after', async () => {
      await use(quick({ unhealthy_after: 5 }), { a: answer(500) });
      await bench.untilHealth('unhealthy');
      assert.ok(probes() >= 5, `${probes()} checks`);
    });

    it('healthy_after', async () => {
      await use(quick({ healthy_after: 5 }), { a: answer(500) });
      await bench.untilHealth('unhealthy');
      bench.a.take();
      bench.a.act = answer(200);
      await bench.untilHealth('healthy');
      assert.ok(probes() >= 5, `${probes()} checks`);
    });
  });

  describe(`${level}.outlier`, () => {
    const outlier = (changes: Record<string, unknown>) => ({
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
      assert.ok(left > 10_000 && left <= 21_000, `${left} ms`);
    });

    it('max_ejected', async () => {
      await use(outlier({ max_ejected: '49%' }), bad);
      assert.equal(share(await bench.turns(20), 'x'), 10);
    });
  });

  describe(`${level}.circuit_breaker`, () => {
    const breaker = (changes: Record<string, unknown>) => ({
      circuit_breaker: { failure_threshold: 3, timeout: '60s', half_open_requests: 1, ...changes },
    });
    const bad = { a: answer(500), b: answer(500) };
    const arrived = () => bench.a.got.length + bench.b.got.length;
    const code = async () => {
      const { body } = await bench.ask();
      return body === '' ? '' : (JSON.parse(body) as { code: string }).code;
    };

    it('failure_threshold', async () => {
      await use(breaker({}), bad);
      for (let index = 0; index < 3; index++) assert.equal(await code(), '');
      assert.equal(await code(), 'circuit_open');
      assert.equal(arrived(), 3);
      assert.equal((await bench.view()).circuit_breaker, 'open');
    });

    it('timeout', async () => {
      await use(breaker({ failure_threshold: 1, timeout: '300ms' }), bad);
      // Before the circuit opens: the answer that opened it may be a while under way.
      const start = performance.now();
      await code();
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
      for (const client of clients) client.write(message('GET / HTTP/1.1', 'Host: a'));
      await eventually(
        async () => clients.filter((client) => client.received.includes('circuit_open')).length === 4,
        'four refusals',
      );
      await eventually(async () => arrived() === 2, 'two probes');
      for (const client of clients) client.destroy();
    });
  });
}
