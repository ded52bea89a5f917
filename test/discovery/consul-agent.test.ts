import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { consulSettings } from '../../src/config/schema/discovery-consul.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import type { Provider } from '../../src/discovery/provider.ts';
import { ConsulAgent } from '../fakes/consul-agent.ts';
import { RecordingSink } from './recording-sink.ts';

let agent: ConsulAgent;
const providers: Provider[] = [];
beforeEach(async () => {
  agent = await new ConsulAgent().start();
});
afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.close()));
  await agent.stop();
});

function watch(settings: z.input<typeof consulSettings> = {}): { sink: RecordingSink; provider: Provider } {
  const sink = new RecordingSink();
  const all = consulSettings.parse({ address: `http://127.0.0.1:${agent.port}`, wait: '5s', ...settings });
  const provider = createProvider('consul', all, { firstRetry: 20, longestRetry: 100 });
  providers.push(provider);
  provider.start(sink);
  return { sink, provider };
}

const web = (id: string, more = {}) => ({ service: 'web', id, address: '10.0.0.1', port: 80, ...more });

describe('Consul', () => {
  it('what a registration says: address, weight, zone, tags, version, checks', async () => {
    agent.register(
      web('a', { weight: 10, zone: 'eu-1a', tags: ['v2', 'blue'], meta: { version: '2.1.0', color: 'x' } }),
      web('b', { weight: 1, address: '', checks: { http: 'warning' } }),
      web('c', { weight: 0, checks: { http: 'warning', tcp: 'critical' } }),
      web('d', { checks: { '_service_maintenance:d': 'critical' } }),
    );
    const { sink } = watch();
    await sink.until(() => sink.list?.length === 4, 'the list');
    assert.deepEqual(sink.find('web', 'a'), {
      id: 'a',
      service: 'web',
      version: '2.1.0',
      host: '10.0.0.1',
      port: 80,
      tls: false,
      weight: 100,
      zone: 'eu-1a',
      status: 'healthy',
      tags: ['v2', 'blue'],
      metadata: { version: '2.1.0', color: 'x' },
    });
    const rest = sink.of('web').slice(1);
    assert.deepEqual(
      rest.map(({ weight }) => weight),
      [10, 0, 10],
    );
    assert.deepEqual(
      rest.map(({ status }) => status),
      ['degraded', 'unhealthy', 'draining'],
    );
    assert.equal(rest[0]?.host, '10.9.9.9', 'the address of the node');
  });

  it('the same id on several nodes is several instances', async () => {
    agent.register(web('web', { node: 'n1' }), web('web', { node: 'n2', address: '10.0.0.2' }), web('other'));
    const { sink } = watch();
    await sink.until(() => sink.list?.length === 3, 'the list');
    assert.deepEqual(
      sink.of('web').map(({ id }) => id),
      ['n1/web', 'n2/web', 'other'],
    );
    assert.equal(
      sink.list?.some(({ service }) => service === 'consul'),
      false,
      'its own servers',
    );
  });

  it('only instances that pass, with all of the tags, of one datacenter, when asked so', async () => {
    agent.register(
      web('good', { tags: ['a', 'b', 'c'] }),
      web('no-tag', { tags: ['a'] }),
      web('failing', { tags: ['a', 'b'], checks: { http: 'critical' } }),
      { service: 'untagged', id: 'u', address: '10.0.0.1', port: 80 },
    );
    const { sink } = watch({ health: 'passing', tags: ['a', 'b'], datacenter: 'dc 2', stale: false });
    await sink.until(() => sink.list !== null, 'the list');
    assert.deepEqual(
      sink.list?.map(({ id }) => id),
      ['good'],
    );
    assert.ok(agent.questions.every((question) => question.includes('dc=dc+2') && !/stale/.test(question)));
    assert.ok(!agent.questions.some((question) => question.includes('untagged')));
  });

  it('a state of checks that changes is seen', async () => {
    agent.register(web('a'));
    const { sink } = watch();
    await sink.until(() => sink.list?.length === 1, 'the list');
    agent.register(web('a', { checks: { http: 'critical' } }));
    await sink.until(() => sink.list?.[0]?.status === 'unhealthy', 'the failing check');
  });

  it('an index that goes back: what is, is asked for anew', async () => {
    agent.register(web('a'));
    const { sink } = watch({ wait: '3s' });
    await sink.until(() => sink.list?.length === 1, 'the list');
    agent.goBackTo(7);
    agent.register(web('b'), { service: 'new', id: 'n', address: '10.0.0.5', port: 80 });
    await sink.until(() => sink.list?.length === 3, 'what the restored state has');
    // From here on questions are held again, with indexes of the new time.
    const asked = agent.questions.length;
    await wait(300);
    assert.ok(agent.questions.length - asked <= 8, `${agent.questions.length - asked} questions in 300 ms`);
    agent.register(web('c'));
    await sink.until(() => sink.list?.length === 4, 'a change after it', 2_000);
    assert.deepEqual(sink.failures, []);
  });

  it('an agent without leader changes nothing', async () => {
    agent.register(web('a'));
    const { sink } = watch();
    await sink.until(() => sink.list?.length === 1, 'the list');
    agent.knowsLeader = false;
    agent.deregister(web('a'));
    await sink.until(() => sink.stale, 'the failure');
    assert.match(sink.failures[0]!, /knows of no leader/);
    assert.equal(sink.list?.length, 1);
    agent.knowsLeader = true;
    await sink.until(() => !sink.stale && sink.list?.length === 0, 'the end of it');
  });

  it('a token; a wrong one is told, but not shown', async () => {
    agent.token = 'right-token';
    agent.register(web('a'));
    const { sink } = watch({ token: 'right-token' });
    await sink.until(() => sink.list?.length === 1, 'the list');
    const { sink: other } = watch({ token: 'wrong-token' });
    await other.until(() => other.failures.length > 0, 'the refusal');
    assert.match(other.failures[0]!, /403: Permission denied/);
    assert.doesNotMatch(other.failures.join(), /wrong-token/);
  });

  it('more services than watches: they take turns, and no more questions are held than allowed', async () => {
    const one = (n: number) => ({ service: `s${n}`, id: '1', address: '10.0.0.1', port: 1_000 + n });
    agent.register(...Array.from({ length: 8 }, (_, n) => one(n)));
    let most = 0;
    const observer = setInterval(() => {
      most = Math.max(most, agent.held);
    }, 5);
    const { sink } = watch({ watches: 3 });
    try {
      await sink.until(() => sink.list?.length === 8, 'the list');
      agent.register({ ...one(7), port: 9_999 });
      await sink.until(() => sink.of('s7')[0]?.port === 9_999, 'the change');
      agent.register(one(8));
      await sink.until(() => sink.list?.length === 9, 'one more');
      for (let n = 0; n < 6; n++) agent.deregister(one(n));
      await sink.until(() => sink.list?.length === 3, 'the three that stay');
      agent.register({ ...one(8), port: 9_999 });
      await sink.until(() => sink.of('s8')[0]?.port === 9_999, 'the change');
    } finally {
      clearInterval(observer);
    }
    assert.ok(most <= 4, `${most} questions at once: 3 for services, 1 for their names`);
    assert.deepEqual(sink.failures, []);
  });

  it('a service that comes while all watches are held does not wait for them', async () => {
    const one = (n: number) => ({ service: `s${n}`, id: '1', address: '10.0.0.1', port: 1_000 + n });
    agent.register(one(1), one(2));
    const { sink } = watch({ watches: 2, wait: '1m' });
    await sink.until(() => agent.held === 3, 'all to be held');
    agent.register(one(3));
    await sink.until(() => sink.list?.length === 3, 'the third');
  });

  it('an agent that takes no more connections is told as trouble, and the rest goes on', async () => {
    const one = (n: number) => ({ service: `s${n}`, id: '1', address: '10.0.0.1', port: 1_000 + n });
    agent.register(one(1), one(2), one(3));
    const { sink } = watch();
    await sink.until(() => agent.held === 4, 'all to be held');
    agent.limit = 3;
    agent.register({ ...one(1), port: 9_999 });
    await sink.until(() => sink.failures.length > 0 || sink.of('s1')[0]?.port === 9_999, 'the change');
    agent.register({ ...one(1), port: 9_998 });
    await sink.until(
      () => sink.failures.some((reason) => /429.*discovery\.consul\.watches/.test(reason)),
      'the trouble',
    );
    assert.equal(sink.list?.length, 3);
    agent.limit = 100;
    await sink.until(() => !sink.stale && sink.of('s1')[0]?.port === 9_998, 'the end of it');
  });

  it('keys', async () => {
    agent.keys.set('farp/schemas/orders/v1/openapi', '{"openapi":"3.1.0"}');
    const { provider } = watch();
    const value = await provider.read?.('farp/schemas/orders/v1/openapi');
    assert.equal(Buffer.from(value ?? []).toString(), '{"openapi":"3.1.0"}');
    assert.equal(await provider.read?.('no/such key?'), null);
  });
});
