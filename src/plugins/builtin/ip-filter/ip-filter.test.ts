import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PluginReply } from '../../api.ts';
import { configProblems, makeExchange, setUpPlugin, TestContext } from '../../testing.ts';
import { ipFilter } from './definition.ts';

async function filter(config: unknown): Promise<(clientIp: string) => number> {
  const hooks = await setUpPlugin(ipFilter, config);
  return (clientIp) =>
    (hooks.onRequest?.(makeExchange({ clientIp })) as PluginReply | undefined)?.status ?? 0;
}

describe('ip-filter', () => {
  it('lets through what is listed in allow and nothing else', async () => {
    const status = await filter({ allow: ['10.0.0.0/8', '2001:db8::/32'] });
    assert.equal(status('10.1.2.3'), 0);
    assert.equal(status('2001:db8::5'), 0);
    assert.equal(status('::ffff:10.1.2.3'), 0);
    assert.equal(status('192.0.2.1'), 403);
    assert.equal(status('2001:db9::'), 403);
  });

  it('refuses what is listed in deny and nothing else', async () => {
    const status = await filter({ deny: ['192.0.2.0/24'] });
    assert.equal(status('192.0.2.200'), 403);
    assert.equal(status('::ffff:192.0.2.200'), 403);
    assert.equal(status('192.0.3.1'), 0);
  });

  it('lets deny win over allow', async () => {
    const status = await filter({ allow: ['10.0.0.0/8'], deny: ['10.6.6.0/24'] });
    assert.equal(status('10.6.5.1'), 0);
    assert.equal(status('10.6.6.1'), 403);
  });

  it('refuses a client address that is none', async () => {
    assert.equal((await filter({ deny: ['192.0.2.0/24'] }))('unknown'), 403);
    assert.equal((await filter({ allow: ['0.0.0.0/0'] }))('unknown'), 403);
  });

  it('answers with a problem document that names no list', async () => {
    const context = new TestContext('ip-filter');
    const hooks = await setUpPlugin(ipFilter, { deny: ['203.0.113.7'] }, context);
    const reply = hooks.onRequest?.(makeExchange()) as PluginReply;
    assert.equal(reply.headers?.['Content-Type'], 'application/problem+json');
    const problem = JSON.parse(String(reply.body)) as Record<string, unknown>;
    assert.equal(problem['code'], 'forbidden');
    assert.equal(problem['status'], 403);
    assert.equal(problem['request_id'], 'test-request-id');
    assert.deepEqual(context.counted, ['refused']);
  });

  it('refuses options that filter nothing or hold no address', () => {
    assert.equal(configProblems(ipFilter, {}).length, 1);
    assert.deepEqual(configProblems(ipFilter, { deny: ['10.0.0.0/40'] }), [
      'deny.0: expected an address or block such as 10.0.0.0/8 or fd00::/8',
    ]);
  });
});
