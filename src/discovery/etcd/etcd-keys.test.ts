import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { EtcdKeys } from './etcd-keys.ts';
import { servicesPrefix } from './layout.ts';

const keys = (...pairs: readonly [string, unknown][]): EtcdKeys => {
  const all = new EtcdKeys(['farp', '', '/forge'].map(servicesPrefix));
  for (const [key, value] of pairs) all.put(pair(key, value));
  return all;
};
const pair = (key: string, value: unknown) => ({
  key: Buffer.from(key),
  value: Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)),
});
const instances = (all: EtcdKeys) => [...all.all()].flatMap((entry) => entry.instances);
const refusals = (all: EtcdKeys) => [...all.all()].flatMap((entry) => entry.refusals);

describe('layouts of etcd (protocol digest 6.2)', () => {
  it('prefixes end with one slash before "services"', () => {
    assert.deepEqual(['farp', 'farp/', '', '/', '/forge'].map(servicesPrefix), [
      'farp/services/',
      'farp/services/',
      '/services/',
      '/services/',
      '/forge/services/',
    ]);
  });

  it('the instance of the library', () => {
    const all = keys([
      'farp/services/orders/i-1',
      {
        id: 'i-1',
        service_name: 'orders',
        version: '2.3.0',
        address: '10.0.0.7',
        port: 8080,
        status: 'degraded',
        tags: ['a', 'b'],
        metadata: { 'farp.enabled': 'true' },
        registered_at: '2026-01-01T00:00:00Z',
      },
    ]);
    assert.deepEqual(instances(all), [
      {
        id: 'i-1',
        service: 'orders',
        version: '2.3.0',
        host: '10.0.0.7',
        port: 8080,
        tls: false,
        weight: 100,
        zone: '',
        status: 'degraded',
        tags: ['a', 'b'],
        metadata: { 'farp.enabled': 'true' },
      },
    ]);
    assert.deepEqual(refusals(all), []);
  });

  it('the instance of Forge: `name`, and the port within the address', () => {
    const forge = {
      id: 'o-1',
      name: 'orders',
      address: 'localhost:9090',
      port: 0,
      tags: null,
      status: 'critical',
    };
    const [instance] = instances(keys(['/services/orders/o-1', forge]));
    assert.deepEqual(
      [instance?.service, instance?.host, instance?.port, instance?.status],
      ['orders', 'localhost', 9090, 'unhealthy'],
    );
  });

  it('two documents: metadata and manifest are one instance', () => {
    const manifest = {
      version: '1.1.0',
      service_name: 'orders',
      service_version: '3.0.0',
      instance_id: 'a',
      instance: { address: '10.0.0.9:8080', weight: 20, zone: 'b', status: 'draining' },
    };
    const all = keys(
      ['/forge/services/orders/instances/a/metadata', { 'farp.enabled': 'true' }],
      ['/forge/services/orders/instances/a/manifest', manifest],
      ['/forge/services/orders/schemas/v1/openapi', { openapi: '3.1.0' }],
    );
    const [instance, ...rest] = instances(all);
    assert.equal(rest.length, 0);
    assert.deepEqual(
      [instance?.id, instance?.version, instance?.host, instance?.port, instance?.weight, instance?.zone],
      ['a', '3.0.0', '10.0.0.9', 8080, 20, 'b'],
    );
    assert.equal(instance?.status, 'draining');
    assert.equal(instance?.metadata['farp.enabled'], 'true');
    assert.deepEqual(JSON.parse(instance?.metadata['schema_manifest'] ?? ''), manifest);

    const group = all.delete({ key: Buffer.from('/forge/services/orders/instances/a/manifest') });
    assert.equal(group, '/forge/services/orders/instances/a');
    assert.match(refusals(all)[0]?.reason ?? '', /address is missing/);
    all.delete({ key: Buffer.from('/forge/services/orders/instances/a/metadata') });
    assert.ok(!all.has(group ?? ''));
  });

  it('a compressed manifest; one that unpacks to more than 1 MiB is refused', () => {
    const manifest = { service_name: 'o', instance: { address: '10.0.0.9:80' }, pad: 'x'.repeat(200_000) };
    const key = 'farp/services/o/instances/a/manifest.gz';
    assert.equal(instances(keys([key, gzipSync(JSON.stringify(manifest))])).length, 1);
    const bomb = keys([key, gzipSync(Buffer.alloc(50_000_000))]);
    assert.match(refusals(bomb)[0]?.reason ?? '', /larger than 1048576 bytes or damaged/);
  });

  it('the URL of the manifest tells where the instance is when nothing else does', () => {
    const metadata = { 'farp.manifest': 'https://10.0.0.5:8443/_farp/manifest' };
    const [instance] = instances(keys(['farp/services/o/instances/a/metadata', metadata]));
    assert.deepEqual([instance?.host, instance?.port, instance?.tls], ['10.0.0.5', 8443, true]);
  });

  it('other keys are no instances', () => {
    const all = keys(
      ['farp/services/a', 1],
      ['farp/services//x', 1],
      ['farp/services/a/instances/b/other', 1],
    );
    assert.equal(all.put(pair('elsewhere', 1)), null);
    assert.equal([...all.all()].length, 0);
  });
});
