/** `upstreams` and the parts of `routing` that are defaults for it: each key where it is written and where it is inherited. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { deafServer } from '../support/deaf-server.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { message, onlyValue, type WireResponse } from '../support/wire.ts';
import { type Act, ActingOrigin, type Ask, answer, ask, silence } from './support.ts';

interface EndpointView {
  readonly address: string;
  readonly health: string;
  readonly ejected: boolean;
  readonly ejected_until: string | null;
  readonly last_check_error: string | null;
}
interface UpstreamView {
  readonly name: string;
  readonly circuit_breaker: string;
  readonly endpoints: readonly EndpointView[];
}

/** A gateway before two origins, set up anew for every key. */
class Bench {
  a!: ActingOrigin;
  b!: ActingOrigin;
  gateway!: Gateway;
  #uses = 0;

  async start(): Promise<void> {
    this.a = await new ActingOrigin(answer(200, 'a')).listen();
    this.b = await new ActingOrigin(answer(200, 'b')).listen();
    this.gateway = await startGateway({}, { workers: 1 });
  }

  async stop(): Promise<void> {
    await this.gateway?.stop();
    await this.a?.close();
    await this.b?.close();
  }

  /**
   * Sets keys of an upstream at that level, and what the origins do. The upstream is a new one each time: state of the
   * previous one does not count.
   */
  async use(
    level: string,
    keys: Record<string, unknown>,
    acts: { a?: Act; b?: Act; endpoints?: readonly unknown[] } = {},
  ): Promise<void> {
    this.a.act = acts.a ?? answer(200, 'a');
    this.b.act = acts.b ?? answer(200, 'b');
    const endpoints = acts.endpoints ?? [this.a.address, this.b.address];
    await this.gateway.reload(this.#config(level, keys, endpoints));
    this.a.take();
    this.b.take();
  }

  #config(level: string, keys: Record<string, unknown>, endpoints: readonly unknown[]): GatewayConfig {
    const name = `u${++this.#uses}`;
    const own = level === 'routing' ? {} : keys;
    return {
      routing: { retries: 0, ...(level === 'routing' ? keys : {}) },
      upstreams: [{ name, endpoints, ...own }],
      routes: [{ path: '/*', upstream: name }],
    };
  }

  ask(options: Ask = {}, target = '/'): Promise<WireResponse> {
    return ask(this.gateway.port, target, options);
  }

  /** Which origins answer so many requests in a row, for example `abab`. */
  async turns(count: number, options: Ask = {}, target = '/'): Promise<string> {
    let turns = '';
    for (let index = 0; index < count; index++) turns += (await this.ask(options, target)).body || '-';
    return turns;
  }

  async view(): Promise<UpstreamView> {
    const { upstreams } = (await (await this.gateway.admin('/_/upstreams')).json()) as {
      upstreams: UpstreamView[];
    };
    return upstreams[0]!;
  }

  async endpoint(index = 0): Promise<EndpointView> {
    return (await this.view()).endpoints[index]!;
  }

  untilHealth(health: string): Promise<unknown> {
    return eventually(async () => (await this.endpoint()).health === health, `health ${health}`);
  }
}

const bench = new Bench();
before(() => bench.start());
after(() => bench.stop());

const share = (turns: string, of: string): number => turns.split(of).length - 1;

for (const level of ['upstreams[]', 'routing'] as const) {
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
        setTimeout(() => answer(200, 'a')(request, connection), 150);
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
        for (let key = 1; key <= 16; key++) {
          const turns = await bench.turns(3, ...vary(key));
          assert.match(turns, /^(aaa|bbb)$/, `key ${key}`);
          all += turns[0];
        }
        assert.match(all, /a/);
        assert.match(all, /b/);
      });
    }
  });

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
      assert.ok(left > 10_000 && left <= 20_000, `${left} ms`);
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
      for (const client of clients) client.write(message('GET / HTTP/1.1', 'Host: a'));
      await eventually(
        async () => clients.filter((client) => client.received.includes('circuit_open')).length === 4,
        'four refusals',
      );
      await eventually(async () => arrived() === 2, 'two probes');
      for (const client of clients) client.destroy();
    });
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
        const [status, took] = await timed();
        assert.equal(status, 504);
        assert.ok(took > 290 && took < 1_900, `${took} ms`);
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
