import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { hashSync } from 'bcryptjs';
import type { PluginExchange, PluginHooks, PluginReply } from '../../api.ts';
import { configProblems, makeExchange, setUpPlugin, TestContext } from '../../testing.ts';
import { closeBcryptPool } from './bcrypt-pool.ts';
import { basicAuth } from './definition.ts';
import { VerifiedCache } from './verified-cache.ts';

const USERS = [
  { username: 'alice', password_hash: hashSync('open sesame', 4) },
  { username: 'bob', password: 'pa:ss' },
];

function authorize(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

interface Outcome {
  readonly reply: PluginReply | undefined;
  readonly exchange: PluginExchange;
}

async function ask(hooks: PluginHooks, authorization?: string): Promise<Outcome> {
  const exchange = makeExchange({
    headers: authorization === undefined ? {} : { Authorization: authorization },
  });
  const reply = (await hooks.onRequest?.(exchange)) as PluginReply | undefined;
  return { reply, exchange };
}

describe('basic-auth', () => {
  after(closeBcryptPool);

  it('lets users in by bcrypt hash or password and names them upstream', async () => {
    const hooks = await setUpPlugin(basicAuth, { users: USERS });
    for (const [username, password] of [
      ['alice', 'open sesame'],
      ['bob', 'pa:ss'],
    ] as const) {
      const { reply, exchange } = await ask(hooks, authorize(username, password));
      assert.equal(reply, undefined, username);
      assert.equal(exchange.request.headers.get('X-Consumer-Name'), username);
      assert.equal(exchange.request.headers.has('Authorization'), false);
    }
  });

  it('keeps Authorization for the upstream when told so', async () => {
    const hooks = await setUpPlugin(basicAuth, { users: USERS, remove_authorization: false });
    const { exchange } = await ask(hooks, authorize('bob', 'pa:ss'));
    assert.equal(exchange.request.headers.get('Authorization'), authorize('bob', 'pa:ss'));
  });

  it('refuses everything else with the same answer', async () => {
    const context = new TestContext('basic-auth');
    const hooks = await setUpPlugin(basicAuth, { users: USERS, realm: 'staff only' }, context);
    const bodies = new Set<string>();
    const attempts = [
      undefined,
      authorize('alice', 'wrong'),
      authorize('bob', 'wrong'),
      authorize('nobody', 'open sesame'),
      authorize('nobody', 'pa:ss'),
      authorize('alice', ''),
      authorize('', ''),
      'Basic',
      'Basic !!!',
      `Basic ${Buffer.from('no colon').toString('base64')}`,
      'Bearer abc',
      `${authorize('bob', 'pa:ss')} x`,
    ];
    for (const attempt of attempts) {
      const { reply, exchange } = await ask(hooks, attempt);
      assert.equal(reply?.status, 401, String(attempt));
      assert.equal(reply?.headers?.['WWW-Authenticate'], 'Basic realm="staff only", charset="UTF-8"');
      assert.equal(exchange.request.headers.has('X-Consumer-Name'), false);
      bodies.add(String(reply?.body));
    }
    assert.equal(bodies.size, 1);
    assert.equal(context.counted.length, attempts.length);
  });

  it('remembers what was verified: the second request is answered without a promise', async () => {
    const hooks = await setUpPlugin(basicAuth, { users: USERS });
    const headers = { Authorization: authorize('alice', 'open sesame') };
    await hooks.onRequest?.(makeExchange({ headers }));
    assert.equal(hooks.onRequest?.(makeExchange({ headers })), undefined);
    const wrong = hooks.onRequest?.(
      makeExchange({ headers: { Authorization: authorize('alice', 'open sesamf') } }),
    );
    assert.equal(((await wrong) as PluginReply).status, 401);
  });

  it('compares a burst of the same credentials once', async () => {
    const users = [{ username: 'carol', password_hash: hashSync('x', 9) }];
    const hooks = await setUpPlugin(basicAuth, { users });
    await ask(hooks, authorize('carol', 'warm up'));
    const started = performance.now();
    const alone = await ask(hooks, authorize('carol', 'first'));
    const single = performance.now() - started;
    assert.equal(alone.reply?.status, 401);
    const again = performance.now();
    const burst = await Promise.all(Array.from({ length: 50 }, () => ask(hooks, authorize('carol', 'x'))));
    assert.ok(burst.every(({ reply }) => reply === undefined));
    assert.ok(performance.now() - again < single * 20 + 200);
  });

  it('leaves the event loop free while bcrypt works', async () => {
    const users = [{ username: 'carol', password_hash: hashSync('x', 10) }];
    const hooks = await setUpPlugin(basicAuth, { users });
    await ask(hooks, authorize('carol', 'warm up'));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 2);
    await ask(hooks, authorize('carol', 'x'));
    clearInterval(timer);
    assert.ok(ticks >= 5, `${ticks} ticks`);
  });

  it('says 503 instead of queueing without end', async () => {
    const context = new TestContext('basic-auth');
    const hooks = await setUpPlugin(basicAuth, { users: USERS }, context);
    const flood = await Promise.all(
      Array.from({ length: 60 }, (_, i) => ask(hooks, authorize('alice', `guess ${i}`))),
    );
    const statuses = flood.map(({ reply }) => reply?.status);
    const busy = flood.find(({ reply }) => reply?.status === 503);
    assert.equal(busy?.reply?.headers?.['Retry-After'], '2');
    assert.ok(statuses.includes(401));
    assert.ok(context.counted.includes('busy'));
    assert.equal(
      (await ask(hooks, authorize('alice', 'open sesame'))).reply,
      undefined,
      'works again afterwards',
    );
  });

  it('B7: owns the identity headers, so the core removes them from every request', () => {
    assert.deepEqual(basicAuth.ownsHeaders, ['X-Consumer-*']);
  });

  it('takes names and passwords outside ASCII', async () => {
    const hooks = await setUpPlugin(basicAuth, { users: [{ username: 'zoë', password: 'пароль' }] });
    const { reply, exchange } = await ask(hooks, authorize('zoë', 'пароль'));
    assert.equal(reply, undefined);
    assert.equal(exchange.request.headers.get('X-Consumer-Name'), 'zo%C3%AB');
  });

  it('checks its options without showing secrets', () => {
    const problems = configProblems(basicAuth, {
      users: [
        { username: 'a:b', password: 'geheim' },
        { username: 'c', password_hash: '$2b$geheim' },
        { username: 'd' },
        { username: 'e', password: 'geheim', password_hash: USERS[0]?.password_hash },
      ],
      realm: 'a"b',
    });
    assert.deepEqual(
      problems.map((problem) => problem.split(':')[0]),
      ['users.0.username', 'users.1.password_hash', 'users.2', 'users.3', 'realm'],
    );
    assert.ok(!problems.join().includes('geheim'));
    assert.equal(configProblems(basicAuth, { users: [] }).length, 1);
    assert.match(configProblems(basicAuth, { users: [USERS[1], USERS[1]] })[0] ?? '', /listed twice/);
  });
});

describe('VerifiedCache', () => {
  it('forgets after its time', () => {
    let now = 0;
    const cache = new VerifiedCache(1000, () => now);
    const key = cache.keyOf('Basic x');
    cache.add(key, 'alice');
    now = 999;
    assert.equal(cache.get(key), 'alice');
    now = 1000;
    assert.equal(cache.get(key), undefined);
  });

  it('has keys that nobody outside can compute, and a cap', () => {
    const cache = new VerifiedCache(1000, () => 0);
    assert.notEqual(cache.keyOf('Basic x'), new VerifiedCache(1000).keyOf('Basic x'));
    for (let i = 0; i <= 10_000; i++) cache.add(`k${i}`, 'u');
    assert.equal(cache.get('k0'), undefined);
    assert.equal(cache.get('k1'), 'u');
  });
});
