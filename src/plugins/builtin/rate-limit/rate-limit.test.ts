import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limitBytes } from '../../../shared/limit-cells.ts';
import { MemoryLimitStore } from '../../../state/memory-limit-store.ts';
import type { LimitStore, PluginHooks, PluginReply } from '../../api.ts';
import {
  configProblems,
  makeExchange,
  makeResponse,
  setUpPlugin,
  TestContext,
  type TestRequest,
} from '../../testing.ts';
import { rateLimit } from './definition.ts';

class Clock {
  now = 7_000_000 * 1e9;
  readonly read = (): number => this.now;
  pass(milliseconds: number): void {
    this.now += milliseconds * 1e6;
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly policy: string[];
  readonly limit: string[];
  readonly body: string;
}

interface Setup {
  ask(request?: TestRequest): Promise<Answer>;
  readonly clock: Clock;
  readonly context: TestContext;
}

async function setUp(config: unknown, memory = new SharedArrayBuffer(limitBytes(1024))): Promise<Setup> {
  const clock = new Clock();
  const context = new TestContext('rate-limit', new MemoryLimitStore(memory, clock.read));
  const hooks = await setUpPlugin(rateLimit, config, context);
  return { ask: (request) => ask(hooks, request), clock, context };
}

async function ask(hooks: PluginHooks, request: TestRequest = {}): Promise<Answer> {
  const exchange = makeExchange(request);
  const reply = (await hooks.onRequest?.(exchange)) as PluginReply | undefined;
  const response = makeResponse();
  hooks.onResponse?.(exchange, response);
  return {
    status: reply?.status ?? 200,
    retryAfter: reply?.headers?.['Retry-After'] as string | undefined,
    policy: response.headers.getAll('RateLimit-Policy'),
    limit: response.headers.getAll('RateLimit'),
    body: String(reply?.body ?? ''),
  };
}

describe('rate-limit', () => {
  it('token bucket: a burst, then the refill', async () => {
    const { ask, clock } = await setUp({ limit: 60, window: '1m', burst: 3 });
    for (let i = 0; i < 3; i++) assert.equal((await ask()).status, 200);
    assert.equal((await ask()).status, 429);
    clock.pass(1000);
    assert.equal((await ask()).status, 200);
    assert.equal((await ask()).status, 429);
  });

  it('sliding window: at most the limit in any window', async () => {
    const { ask, clock } = await setUp({ algorithm: 'sliding-window', limit: 4, window: '10s' });
    for (let i = 0; i < 4; i++) assert.equal((await ask()).status, 200);
    assert.equal((await ask()).status, 429);
    clock.pass(15_000);
    assert.equal((await ask()).status, 200);
    assert.equal((await ask()).status, 200);
    assert.equal((await ask()).status, 429);
  });

  it('tells the policy and what is left, and when to come back', async () => {
    const { ask, context } = await setUp({ limit: 2, window: '10s', name: 'api' });
    const first = await ask();
    assert.deepEqual(first.policy, ['"api";q=2;w=10']);
    assert.deepEqual(first.limit, ['"api";r=1;t=5']);
    await ask();
    const refused = await ask();
    assert.equal(refused.status, 429);
    assert.equal(refused.retryAfter, '5');
    assert.deepEqual(refused.limit, ['"api";r=0;t=10']);
    const problem = JSON.parse(refused.body) as Record<string, unknown>;
    assert.equal(problem['code'], 'rate_limited');
    assert.equal(problem['status'], 429);
    assert.deepEqual(context.counted, ['limited']);
  });

  it('keeps quiet about the limit when told so, except for Retry-After', async () => {
    const { ask } = await setUp({ limit: 1, headers: false });
    assert.deepEqual((await ask()).limit, []);
    const refused = await ask();
    assert.deepEqual(refused.limit, []);
    assert.equal(refused.retryAfter, '60');
  });

  it('two limits on one route both show', async () => {
    const memory = new SharedArrayBuffer(limitBytes(1024));
    const exchange = makeExchange();
    const response = makeResponse();
    for (const name of ['second', 'day']) {
      const context = new TestContext(name, new MemoryLimitStore(memory));
      const hooks = await setUpPlugin(rateLimit, { name, limit: 10 }, context);
      hooks.onRequest?.(exchange);
      hooks.onResponse?.(exchange, response);
    }
    assert.equal(response.headers.getAll('RateLimit').length, 2);
  });

  it('waits for a store that answers later', async () => {
    const late: LimitStore = {
      tokenBucket: () => Promise.resolve({ allowed: false, remaining: 0, resetMs: 2000, retryAfterMs: 1500 }),
      slidingWindow: () => Promise.reject(new Error('not this one')),
    };
    const hooks = await setUpPlugin(rateLimit, {}, new TestContext('rate-limit', late));
    assert.equal((await ask(hooks)).retryAfter, '2');
    const failing = await setUpPlugin(
      rateLimit,
      { algorithm: 'sliding-window' },
      new TestContext('rate-limit', late),
    );
    await assert.rejects(ask(failing), /not this one/);
  });

  it('answers at once, without a promise, from memory', async () => {
    const context = new TestContext('rate-limit', new MemoryLimitStore(new SharedArrayBuffer(limitBytes(8))));
    const hooks = await setUpPlugin(rateLimit, { limit: 1 }, context);
    assert.equal(hooks.onRequest?.(makeExchange()), undefined);
    const refused = hooks.onRequest?.(makeExchange()) as PluginReply | undefined;
    assert.equal(refused?.status, 429);
  });
});

describe('rate-limit keys', () => {
  /** Whether two requests share one limit. */
  async function shared(
    key: unknown,
    one: TestRequest,
    other: TestRequest,
    more: object = {},
  ): Promise<boolean> {
    const { ask } = await setUp({ limit: 1, ...(key === undefined ? {} : { key }), ...more });
    assert.equal((await ask(one)).status, 200);
    return (await ask(other)).status === 429;
  }

  const ip = (clientIp: string): TestRequest => ({ clientIp });

  it('are client addresses unless told otherwise', async () => {
    assert.equal(await shared(undefined, ip('192.0.2.1'), ip('192.0.2.2')), false);
    assert.equal(await shared(undefined, ip('192.0.2.1'), ip('192.0.2.1')), true);
    assert.equal(await shared(undefined, ip('192.0.2.1'), ip('::ffff:192.0.2.1')), true);
    assert.equal(await shared(undefined, ip('192.0.2.1'), ip('::ffff:c000:201')), true);
  });

  it('take an IPv6 /64 for one client, or less if asked', async () => {
    const one = ip('2001:db8:0:1::1');
    assert.equal(await shared(['ip'], one, ip('2001:db8:0:1:ffff::2')), true);
    assert.equal(await shared(['ip'], one, ip('2001:db8:0:2::1')), false);
    assert.equal(await shared(['ip'], one, ip('2001:db8:0:1::2'), { ipv6_prefix: 128 }), false);
    assert.equal(await shared(['ip'], one, ip('2001:db8:0:ff::1'), { ipv6_prefix: 48 }), true);
  });

  it('can be a header, and the address for those without it', async () => {
    const key = (value: string, clientIp = '192.0.2.1'): TestRequest => ({
      headers: { 'X-Api-Key': value },
      clientIp,
    });
    assert.equal(await shared(['header:x-api-key'], key('a'), key('a', '192.0.2.9')), true);
    assert.equal(await shared(['header:x-api-key'], key('a'), key('b')), false);
    assert.equal(await shared(['header:x-api-key'], ip('192.0.2.1'), ip('192.0.2.2')), false);
    assert.equal(await shared(['header:x-api-key'], ip('192.0.2.1'), ip('192.0.2.1')), true);
    assert.equal(await shared(['header:x-api-key'], ip('192.0.2.1'), key('i192.0.2.1', '192.0.2.2')), false);
  });

  it('can be combined without running into each other', async () => {
    const key = (a: string, b: string): TestRequest => ({ headers: { A: a, B: b } });
    assert.equal(await shared(['header:a', 'header:b'], key('x', 'yz'), key('xy', 'z')), false);
    assert.equal(await shared(['header:a', 'header:b'], key('x', 'y'), key('x', 'y')), true);
    assert.equal(await shared(['route', 'ip'], ip('192.0.2.1'), ip('192.0.2.2')), false);
  });

  it('can be the route, or nothing at all', async () => {
    assert.equal(await shared(['route'], ip('192.0.2.1'), ip('192.0.2.2')), true);
    assert.equal(await shared([], ip('192.0.2.1'), ip('192.0.2.2')), true);
  });

  it('are apart for two instances', async () => {
    const store = new MemoryLimitStore(new SharedArrayBuffer(limitBytes(1024)));
    for (const name of ['a', 'b']) {
      const hooks = await setUpPlugin(rateLimit, { limit: 1 }, new TestContext(name, store));
      assert.equal((await ask(hooks)).status, 200);
    }
  });
});

describe('rate-limit options', () => {
  it('are checked', () => {
    assert.deepEqual(configProblems(rateLimit, { key: ['user'] }), [
      'key.0: expected ip, route or header:NAME',
    ]);
    assert.deepEqual(configProblems(rateLimit, { algorithm: 'sliding-window', burst: 5 }), [
      'burst: only the token bucket has a burst',
    ]);
    assert.equal(configProblems(rateLimit, { limit: 0 }).length, 1);
    assert.equal(configProblems(rateLimit, { window: '0s' }).length, 1);
    assert.equal(configProblems(rateLimit, { name: 'a"b' }).length, 1);
  });
});
