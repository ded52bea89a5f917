import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { BackendSettings } from '../../src/config/schema/discovery.ts';
import { etcdSettings } from '../../src/config/schema/discovery-etcd.ts';
import { createProvider } from '../../src/discovery/create-provider.ts';
import type { Provider } from '../../src/discovery/provider.ts';
import { Authority } from '../support/certificates.ts';
import { type EtcdOptions, EtcdServer } from './etcd-server.ts';
import { RecordingSink } from './recording-sink.ts';
import { TcpLink } from './tcp-link.ts';

const PACE = { firstRetry: 20, longestRetry: 200 };
const cleanups: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

async function start(context: TestContext, options?: EtcdOptions): Promise<EtcdServer | null> {
  const server = await EtcdServer.start(options);
  if ('missing' in server) {
    context.skip(server.missing);
    return null;
  }
  cleanups.push(() => server.stop());
  return server;
}

function watch(settings: Partial<BackendSettings['etcd']>): { sink: RecordingSink; provider: Provider } {
  const sink = new RecordingSink();
  const provider = createProvider('etcd', { ...etcdSettings.parse({}), ...settings }, PACE);
  cleanups.push(() => provider.close());
  provider.start(sink);
  return { sink, provider };
}

const instance = (port: number): string => JSON.stringify({ address: '10.0.0.1', port });

describe('etcd', () => {
  it('both layouts and every prefix; leases that expire; single keys', async (context) => {
    const server = await start(context);
    if (server === null) return;
    const { client, port } = server;
    await client.put('/services/forge/f-1').value(instance(1));
    const { sink, provider } = watch({
      endpoints: [`http://127.0.0.1:${port}`],
      prefix: ['farp', '', 'own/'],
    });
    await sink.until(() => sink.find('forge', 'f-1') !== undefined, 'the layout of Forge');
    await client.put('own/services/o/o-1').value(instance(2));
    await client.put('other/services/x/x-1').value(instance(2));
    const at = 'farp/services/spec/instances/s-1';
    await client.put(`${at}/manifest`).value('{"instance":{"address":"10.0.0.3:80"}}');
    await sink.until(() => sink.find('spec', 's-1') !== undefined, 'the layout of two documents');
    await client.put(`${at}/metadata`).value('{"color":"blue"}');
    await sink.until(() => sink.find('spec', 's-1')?.metadata['color'] === 'blue', 'its metadata');
    assert.equal(sink.list?.length, 3);

    const lease = client.lease(1, { autoKeepAlive: false });
    lease.on('lost', () => undefined);
    await lease.put('farp/services/leased/l-1').value(instance(3));
    await sink.until(() => sink.find('leased', 'l-1') !== undefined, 'the leased one');
    await sink.until(() => sink.find('leased', 'l-1') === undefined, 'the lease to expire');
    assert.equal(sink.list?.length, 3);

    assert.equal(Buffer.from((await provider.read?.(`${at}/metadata`)) ?? []).toString(), '{"color":"blue"}');
    assert.equal(await provider.read?.('no such key'), null);
    assert.deepEqual(sink.failures, []);
  });

  it('a watch whose revision was compacted while it was held up lists again', async (context) => {
    const server = await start(context);
    if (server === null) return;
    const { client } = server;
    const link = await new TcpLink(server.port).up();
    cleanups.push(() => link.down());
    await client.put('farp/services/a/1').value(instance(1));
    const { sink } = watch({ endpoints: [`http://127.0.0.1:${link.port}`] });
    await sink.until(() => sink.list?.length === 1, 'the first list');
    // Ended within its first second, the watch would count as faulty.
    await wait(1_000);
    link.freeze();
    // More than the buffers on the way hold, so that etcd has to put the watch back, and cannot catch up later.
    const filling = JSON.stringify({ address: '10.0.0.1', port: 2, filling: 'x'.repeat(900_000) });
    for (let n = 0; n < 30; n++) await client.put('farp/services/a/1').value(filling);
    await client.put('farp/services/a/1').value(instance(3));
    await client.delete().key('farp/services/a/1');
    const { header } = await client.put('farp/services/b/1').value(instance(4)).exec();
    await client.kv.compact({ revision: header.revision, physical: true });
    link.thaw();
    await sink.until(() => sink.list?.length === 1 && sink.find('b', '1') !== undefined, 'the new list');
    assert.deepEqual(sink.failures, []);
  });

  it('a list of many megabytes', async (context) => {
    const server = await start(context);
    if (server === null) return;
    const filling = JSON.stringify({ address: '10.0.0.1', port: 2, filling: 'x'.repeat(900_000) });
    for (let n = 0; n < 12; n++) await server.client.put(`farp/services/large/${n}`).value(filling);
    const { sink } = watch({ endpoints: [`http://127.0.0.1:${server.port}`] });
    await sink.until(() => sink.list?.length === 12, 'the list');
    assert.deepEqual(sink.failures, []);
  });

  it('a user with a password; what he may not see, and a wrong password, are told', async (context) => {
    const server = await start(context);
    if (server === null) return;
    const { client } = server;
    await client.put('farp/services/a/1').value(instance(1));
    await client.role('reader').create();
    await client.role('reader').grant({ permission: 'Read', range: client.range({ prefix: 'farp/' }) });
    await client.user('root').create('root-password');
    await client.user('root').addRole('root');
    await client.user('octopus').create('secret-of-octopus');
    await client.user('octopus').addRole('reader');
    await client.auth.authEnable();

    const endpoints = [`http://127.0.0.1:${server.port}`];
    const octopus = { endpoints, username: 'octopus', password: 'secret-of-octopus', prefix: ['farp'] };
    const { sink } = watch(octopus);
    await sink.until(() => sink.find('a', '1') !== undefined, 'the instance');
    const { sink: other } = watch({ ...octopus, prefix: ['secret'] });
    await other.until(() => other.failures.length > 0, 'the refusal');
    assert.match(other.failures[0]!, /permission denied/i);
    const { sink: wrong } = watch({ ...octopus, password: 'wrong-password' });
    await wrong.until(() => wrong.failures.length > 0, 'the refusal');
    assert.match(wrong.failures[0]!, /authentication failed/i);
    assert.doesNotMatch(wrong.failures[0]!, /wrong-password/);
  });

  it('TLS with a client certificate; an unknown authority and a missing file are told', async (context) => {
    const authority = await Authority.create();
    if (authority === null) return context.skip('openssl is not installed');
    const write = (name: string, text: string): string => {
      const file = path.join(authority.folder, name);
      writeFileSync(file, text);
      return file;
    };
    const pem = authority.issue('etcd', { names: 'IP:127.0.0.1,DNS:localhost' });
    const client = authority.issue('gateway');
    const files = {
      ca: write('authority.pem', authority.cert),
      cert: write('server.pem', pem.cert),
      key: write('server.key', pem.key),
    };
    const own = {
      ca: files.ca,
      cert: write('client.pem', client.cert),
      key: write('client.key', client.key),
    };
    const server = await start(context, {
      tls: files,
      client: {
        credentials: {
          rootCertificate: Buffer.from(authority.cert),
          privateKey: Buffer.from(client.key),
          certChain: Buffer.from(client.cert),
        },
      },
    });
    if (server === null) return;
    await server.client.put('farp/services/a/1').value(instance(1));
    const endpoints = [`https://127.0.0.1:${server.port}`];
    const { sink } = watch({ endpoints, tls: own });
    await sink.until(() => sink.find('a', '1') !== undefined, 'the instance');
    const { sink: stranger } = watch({ endpoints, tls: {} });
    await stranger.until(() => stranger.failures.length > 0, 'the failure');
    const { sink: missing } = watch({ endpoints, tls: { ca: '/no/such/ca.pem' } });
    await missing.until(() => missing.failures.length > 0, 'the failure');
    assert.match(missing.failures[0]!, /no such file.*\/no\/such\/ca\.pem/);
    assert.equal(stranger.list, null);
  });

  it('close while it watches and while it is away leaves nothing behind', async (context) => {
    const server = await start(context);
    if (server === null) return;
    const { sink, provider } = watch({ endpoints: [`http://127.0.0.1:${server.port}`] });
    await sink.until(() => sink.list !== null, 'the list');
    const { sink: lost, provider: away } = watch({ endpoints: ['http://127.0.0.1:1'] });
    await lost.until(() => lost.failures.length > 1, 'failures');
    assert.match(lost.failures[0]!, /127\.0\.0\.1:1/);
    const before = performance.now();
    await Promise.all([provider.close(), away.close()]);
    assert.ok(performance.now() - before < 5_000);
    const failures = lost.failures.length;
    await wait(300);
    assert.equal(lost.failures.length, failures);
  });
});
