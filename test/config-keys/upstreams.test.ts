/** `upstreams` and the parts of `routing` that are defaults for it: choosing an endpoint, connections, times. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { atBest } from '../support/at-best.ts';
import { deafServer } from '../support/deaf-server.ts';
import { eventually } from '../support/gateway.ts';
import { message, onlyValue } from '../support/wire.ts';
import { type Act, type Ask, answer, silence } from './support.ts';
import { type Bench, LEVELS, share, useBench } from './upstream-bench.ts';

const bench = useBench();

for (const level of LEVELS) {
  const use = (keys: Record<string, unknown>, acts: Parameters<Bench['use']>[2] = {}) =>
    bench.use(level, keys, acts);

  describe(`${level}.load_balance`, () => {
    it('round-robin', async () => {
      await use({ load_balance: 'round-robin' });
      assert.match(await bench.turns(6), /^(ababab|bababa)$/);
    });

    it('weighted', async () => {
      const endpoints = [{ address: bench.a.address, weight: 3 }, bench.b.address];
      await use({ load_balance: 'weighted' }, { endpoints });
      assert.equal(share(await bench.turns(12), 'a'), 9);
    });

    it('random', async () => {
      await use({ load_balance: 'random' });
      const turns = await bench.turns(60);
      assert.ok(share(turns, 'a') > 5 && share(turns, 'b') > 5, turns);
      assert.doesNotMatch(turns, /^(ab)+$|^(ba)+$/);
    });

    for (const balance of ['two-choices', 'least-connections']) {
      it(balance, async () => {
        await use({ load_balance: balance }, { a: silence, b: silence });
        // One request stays in flight; all others go past that endpoint.
        const held = await bench.gateway.connect();
        held.write(message('GET / HTTP/1.1', 'Host: a'));
        await eventually(async () => bench.a.got.length + bench.b.got.length === 1, 'a request in flight');
        const busy = bench.a.got.length === 1 ? 'a' : 'b';
        bench.a.act = answer(200, 'a');
        bench.b.act = answer(200, 'b');
        assert.equal(share(await bench.turns(10), busy), 0);
        held.destroy();
      });
    }

    it('ewma', async () => {
      const slow: Act = (request, connection) => {
        setTimeout(() => answer(200, 'a')(request, connection), 600);
      };
      await use({ load_balance: 'ewma' }, { a: slow });
      const turns = await bench.turns(20);
      assert.ok(share(turns, 'a') <= 2, turns);
    });
  });

  describe(`${level}.hash_on with consistent-hash`, () => {
    const kinds: [hashOn: string, vary: (key: number) => [Ask, string]][] = [
      ['client_ip', (key) => [{ localAddress: `127.0.0.${key + 1}` }, '/']],
      ['path', (key) => [{}, `/${key}?${Math.random()}`]],
      ['header:x-user', (key) => [{ fields: [`X-User: ${key}`] }, '/']],
      ['cookie:user', (key) => [{ fields: [`Cookie: a=b; user=${key}`] }, '/']],
    ];
    for (const [hashOn, vary] of kinds) {
      it(hashOn, async () => {
        await use({ load_balance: 'consistent-hash', hash_on: hashOn });
        let all = '';
        // So many that both get some whatever their ports are.
        for (let key = 1; key <= 48; key++) {
          const turns = await bench.turns(3, ...vary(key));
          assert.match(turns, /^(aaa|bbb)$/, `key ${key}`);
          all += turns[0];
        }
        assert.match(all, /a/);
        assert.match(all, /b/);
      });
    }
  });

  describe(`${level}.connections`, () => {
    it('max', async () => {
      const endpoints = [bench.a.address];
      await use({ connections: { max: 2 } }, { endpoints, a: silence });
      const from = bench.a.connections.length;
      const clients = await Promise.all(Array.from({ length: 5 }, () => bench.gateway.connect()));
      for (const client of clients) client.write(message('GET / HTTP/1.1', 'Host: a'));
      await eventually(async () => bench.a.got.length === 2, 'two requests');
      bench.a.act = answer(200, 'a');
      for (const connection of bench.a.connections.slice(from))
        connection.write(message('HTTP/1.1 200 OK', 'Content-Length: 0'));
      for (const client of clients) assert.equal((await client.response()).status, 200);
      for (const client of clients) client.destroy();
      assert.ok(bench.a.connections.length - from <= 2, `${bench.a.connections.length - from} connections`);
    });

    it('idle_timeout', async () => {
      await use({ connections: { idle_timeout: '200ms' } }, { endpoints: [bench.a.address] });
      await bench.ask();
      const connection = bench.a.connections.at(-1)!;
      assert.equal(connection.closedHow, null);
      const start = performance.now();
      await connection.closed();
      assert.ok(performance.now() - start < 10_000);
    });
  });

  describe(`${level}.timeouts`, () => {
    /** The status, and after how many milliseconds. */
    async function timed(): Promise<[status: number, took: number, complete: boolean]> {
      const start = performance.now();
      const { status, complete } = await bench.ask();
      return [status, performance.now() - start, complete];
    }

    it('connect', async () => {
      const deaf = await deafServer();
      try {
        await use({ timeouts: { connect: '300ms' } }, { endpoints: [`127.0.0.1:${deaf.port}`] });
        // The default is 2 s.
        await atBest(1_900, async () => {
          const [status, took] = await timed();
          assert.equal(status, 504);
          assert.ok(took > 290, `${took} ms`);
          return took;
        });
      } finally {
        await deaf.close();
      }
    });

    it('first_byte', async () => {
      await use({ timeouts: { first_byte: '300ms' } }, { a: silence, b: silence });
      const [status, took] = await timed();
      assert.equal(status, 504);
      assert.ok(took > 290 && took < 10_000, `${took} ms`);
    });

    it('idle', async () => {
      const stall: Act = (_, connection) =>
        connection.write(`${message('HTTP/1.1 200 OK', 'Content-Length: 10')}hello`);
      await use({ timeouts: { idle: '300ms' } }, { a: stall, b: stall });
      const [status, took, complete] = await timed();
      assert.deepEqual([status, complete], [200, false]);
      assert.ok(took > 190 && took < 10_000, `${took} ms`);
    });

    it('total', async () => {
      const drip: Act = (_, connection) => {
        connection.write(message('HTTP/1.1 200 OK', 'Content-Length: 1000'));
        const timer = setInterval(() => connection.write('x'), 50);
        connection.closed(60_000).finally(() => clearInterval(timer));
      };
      await use({ timeouts: { total: '500ms' } }, { a: drip, b: drip });
      const [status, took, complete] = await timed();
      assert.deepEqual([status, complete], [200, false]);
      assert.ok(took > 490 && took < 10_000, `${took} ms`);
    });
  });
}

describe('upstreams[] alone', () => {
  it('upstreams[].sticky.cookie and ttl', async () => {
    await bench.use('upstreams[]', { sticky: { cookie: 'stuck', ttl: '90s' } });
    const first = await bench.ask();
    const field = onlyValue(first.fields, 'set-cookie') ?? '';
    assert.match(field, /^stuck=[0-9a-f]+; Path=\/; Max-Age=90; HttpOnly/);
    const cookie = `Cookie: x=y; ${field.split(';')[0]}`;
    assert.equal(await bench.turns(6, { fields: [cookie] }), first.body.repeat(6));
    assert.match(await bench.turns(6), /ab|ba/);
    await bench.use('upstreams[]', { sticky: { ttl: 0 } });
    const session = onlyValue((await bench.ask()).fields, 'set-cookie') ?? '';
    assert.match(session, /^octopus_route=/);
    assert.doesNotMatch(session, /Max-Age/);
  });

  it('upstreams[].endpoints[].address and weight', async () => {
    const endpoints = [
      { address: `http://${bench.a.address}`, weight: 0 },
      { address: bench.b.address, weight: 1 },
    ];
    await bench.use('upstreams[]', {}, { endpoints });
    assert.equal(await bench.turns(6), 'bbbbbb');
  });

  it('upstreams[].name', async () => {
    const { name } = await bench.view();
    await bench.ask();
    await eventually(async () => {
      const metrics = await bench.gateway.metrics();
      return metrics.sum('octopus_upstream_requests_total', { upstream: name }) > 0;
    }, 'the metric');
  });
});
