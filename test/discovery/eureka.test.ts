import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eurekaSettings } from '../../src/config/schema/discovery-eureka.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import { type EurekaInstance, EurekaServer } from '../fakes/eureka-server.ts';
import { RecordingSink } from './recording-sink.ts';
import { providerSuite, type Stage, type TestInstance } from './suite.ts';
import { TcpLink } from './tcp-link.ts';

const POLL = 40;

function registered({ service, id, host, port, metadata }: TestInstance): EurekaInstance {
  return {
    app: service,
    instanceId: id,
    hostName: `${id}.local`,
    ipAddr: host,
    status: 'UP',
    port,
    secure: false,
    metadata,
  };
}

async function open(): Promise<Stage> {
  const server = await new EurekaServer().start();
  const link = await new TcpLink(server.port).up();
  const settings = { ...eurekaSettings.parse({}), poll_interval: POLL };
  return {
    provider: (pace) =>
      createProvider('eureka', { ...settings, servers: [`http://127.0.0.1:${link.port}/eureka`] }, pace),
    put: async (...instances) => {
      for (const instance of instances) server.put(registered(instance));
    },
    remove: async ({ service, id }) => server.remove(service, id),
    putGarbage: async () => {
      const port = { $: 80, '@enabled': 'true' };
      const garbage: Record<string, unknown>[] = [
        { instanceId: 'no-address', port },
        { instanceId: 'no-port', ipAddr: '10.0.0.1' },
        { instanceId: 'bad-port', ipAddr: '10.0.0.1', port: { $: 'eighty', '@enabled': 'true' } },
        { instanceId: 'bad-host', ipAddr: 'not a host', port },
        { instanceId: 'bad-metadata', ipAddr: '10.0.0.1', port, metadata: { n: 1, l: [] } },
        { instanceId: 'list', ipAddr: '10.0.0.1', port, metadata: ['x'] },
      ];
      for (const one of garbage) server.putRaw('bad', String(one['instanceId']), { status: 'UP', ...one });
      return garbage.length;
    },
    down: () => link.down(),
    up: async () => void (await link.up()),
    stop: async () => {
      await link.down();
      await server.stop();
    },
  };
}

providerSuite({ name: 'eureka', open, latency: POLL });

describe('eureka', () => {
  let server: EurekaServer;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    server = await new EurekaServer().start();
  });
  after(async () => {
    await Promise.all(closers.map((close) => close()));
    await server.stop();
  });

  const watch = (settings: Record<string, unknown> = {}): RecordingSink => {
    const parsed = eurekaSettings.parse({ servers: [server.url], poll_interval: '30ms', ...settings });
    const provider = createProvider('eureka', parsed, { firstRetry: 20, longestRetry: 40 });
    closers.push(() => provider.close());
    const sink = new RecordingSink();
    provider.start(sink);
    return sink;
  };
  const base: EurekaInstance = {
    app: 'Orders',
    instanceId: 'one',
    hostName: 'one.local',
    ipAddr: '10.0.0.1',
    status: 'UP',
    port: 80,
    secure: false,
    metadata: { '@class': 'java.util.Collections$EmptyMap' },
  };

  it('statuses, secure ports, zones, versions and what empty metadata look like', async () => {
    server.put(base);
    server.put({ ...base, instanceId: 'two', status: 'OUT_OF_SERVICE' });
    server.put({
      ...base,
      instanceId: 'three',
      status: 'DOWN',
      metadata: { zone: 'b', version: '1.2.3', weight: '40' },
    });
    server.put({ ...base, instanceId: 'four', status: 'UNKNOWN' });
    server.put({ ...base, instanceId: 'five', status: 'STARTING', secure: true, port: 8443 });
    const sink = watch();
    await sink.until(() => sink.of('orders').length === 5, 'all five');
    const seen = Object.fromEntries(sink.of('orders').map((instance) => [instance.id, instance]));
    assert.deepEqual(seen['one']?.metadata, {});
    assert.equal(seen['one']?.tls, false);
    assert.deepEqual(
      ['one', 'two', 'three', 'four', 'five'].map((id) => seen[id]?.status),
      ['healthy', 'draining', 'unhealthy', 'unhealthy', 'starting'],
    );
    assert.deepEqual(
      [seen['three']?.zone, seen['three']?.version, seen['three']?.weight],
      ['b', '1.2.3', 40],
    );
    assert.deepEqual([seen['five']?.tls, seen['five']?.port], [true, 8443]);
    const named = watch({ address: 'hostname' });
    await named.until(() => named.of('orders').length === 5, 'all five by name');
    assert.equal(named.of('orders')[0]?.host, 'one.local');
  });

  it('only changes are fetched, and everything when the hash differs or changes are switched off', async () => {
    const sink = watch();
    await sink.until(() => sink.list !== null, 'the first list');
    const before = server.fullFetches;
    server.put({ ...base, app: 'extra' });
    await sink.until(() => sink.of('extra').length === 1, 'the change');
    assert.equal(server.fullFetches, before);
    server.wrongHash = 'UP_99_';
    await sink.until(() => server.fullFetches > before, 'the whole registry to be fetched');
    server.hasDelta = false;
    server.remove('extra', 'one');
    await sink.until(() => sink.of('extra').length === 0, 'the removal');
    server.hasDelta = true;
    assert.deepEqual(sink.failures, []);
  });

  it('another server of the cluster is asked when one is away', async () => {
    const sink = watch({ servers: ['http://127.0.0.1:1/eureka', server.url] });
    await sink.until(() => sink.of('orders').length === 5, 'the list of the second one');
    assert.deepEqual(sink.failures, []);
  });

  it('credentials', async () => {
    server.credentials = 'octopus:secret';
    const refused = watch();
    await refused.until(() => refused.failures.length > 0, 'the refusal');
    assert.match(refused.failures[0] ?? '', /status 401/);
    const sink = watch({ username: 'octopus', password: 'secret' });
    await sink.until(() => sink.of('orders').length === 5, 'the list');
    server.credentials = '';
  });

  it('a path that is none of a Eureka server is told', async () => {
    const sink = watch({ servers: [server.url.replace('/eureka', '/eureke')] });
    await sink.until(() => sink.failures.length > 0, 'the failure');
    assert.match(sink.failures[0] ?? '', /has no \/apps/);
  });
});
