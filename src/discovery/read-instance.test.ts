import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Registration, readInstance } from './read-instance.ts';
import { scaleWeights } from './weights.ts';

const base: Registration = { id: 'a', service: 's', address: '10.0.0.1', port: 80 };
const read = (more: Partial<Registration>) => readInstance({ ...base, ...more }, 'entry');
const place = (more: Partial<Registration>) => {
  const { instance } = read(more);
  return instance === null ? null : `${instance.tls ? 'tls ' : ''}${instance.host} ${instance.port}`;
};

describe('reading an instance', () => {
  it('addresses in all their spellings', () => {
    assert.equal(place({ address: '10.0.0.1', port: '8080' }), '10.0.0.1 8080');
    assert.equal(place({ address: '10.0.0.1:9090', port: 0 }), '10.0.0.1 9090');
    assert.equal(place({ address: '10.0.0.1:9090', port: 9090 }), '10.0.0.1 9090');
    assert.equal(place({ address: 'Orders.Example.COM', port: 80 }), 'orders.example.com 80');
    assert.equal(place({ address: '2001:db8::1', port: 80 }), '2001:db8::1 80');
    assert.equal(place({ address: '[2001:db8::1]:81', port: 0 }), '2001:db8::1 81');
    assert.equal(place({ address: 'https://orders', port: undefined }), 'tls orders 443');
  });

  it('what is no place, no name or no id is refused with the reason', () => {
    const reasons = (more: Partial<Registration>) => read(more).refusals.map(({ reason }) => reason);
    assert.deepEqual(reasons({ address: '' }), ['address is missing']);
    assert.deepEqual(reasons({ address: 7 }), ['address is no text']);
    assert.deepEqual(reasons({ port: 70_000 }), ['port is no number from 1 to 65535']);
    assert.deepEqual(reasons({ port: 1.5 }), ['port is no number from 1 to 65535']);
    assert.deepEqual(reasons({ port: 0 }), ['address is no host with a port']);
    assert.deepEqual(reasons({ address: '10.0.0.1/../admin' }), ['address is no host with a port']);
    assert.deepEqual(reasons({ service: null }), ['service name is missing']);
    assert.deepEqual(reasons({ service: 'x'.repeat(254) }), ['service name is longer than 253 characters']);
    assert.deepEqual(reasons({ id: 'a\nb' }), ['instance id has control characters']);
    assert.equal(read({ id: 'a\nb' }).instance, null);
  });

  it('status words of all backends; none is healthy', () => {
    const status = (word: unknown) => read({ status: word }).instance?.status;
    assert.deepEqual(
      ['passing', 'HEALTHY', 'unknown', 'constructor', '', null, 7].map(status),
      Array(7).fill('healthy'),
    );
    assert.deepEqual(['warning', 'degraded'].map(status), Array(2).fill('degraded'));
    assert.deepEqual(['critical', 'DOWN', 'unhealthy'].map(status), Array(3).fill('unhealthy'));
    assert.deepEqual(['OUT_OF_SERVICE', 'draining'].map(status), Array(2).fill('draining'));
    assert.deepEqual(['starting', 'stopping'].map(status), ['starting', 'stopping']);
  });

  it('weights: absent is 100, 0 is none, others are held to 0 to 100', () => {
    const weight = (value: unknown) => read({ weight: value }).instance?.weight;
    assert.deepEqual([undefined, null, 0, '20', 250, -3, 'x'].map(weight), [100, 100, 0, 20, 100, 0, 100]);
  });

  it('metadata are refused one by one; the instance and the rest stay', () => {
    const manifest = `{"pad":"${'x'.repeat(10_000)}\\n"}`;
    const metadata: Record<string, unknown> = JSON.parse(
      '{"good":"1","number":1,"list":[],"null":null,"__proto__":"p","control":"a\\u0000"}',
    );
    metadata['long'] = 'x'.repeat(4_097);
    metadata['k'.repeat(400)] = 'x';
    metadata['schema_manifest'] = manifest;
    const { instance, refusals } = read({ metadata });
    assert.deepEqual(Object.keys(instance?.metadata ?? {}), ['good', '__proto__', 'schema_manifest']);
    assert.equal(Object.getPrototypeOf(instance?.metadata), Object.prototype);
    assert.equal(refusals.length, 6);
    assert.ok(refusals.some(({ subject, reason }) => /"number"$/.test(subject) && /is number/.test(reason)));
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, 'v']));
    assert.equal(Object.keys(read({ metadata: many }).instance?.metadata ?? {}).length, 256);
    assert.deepEqual(
      read({ metadata: [] }).refusals.map(({ reason }) => reason),
      ['metadata are no map'],
    );
  });

  it('tags', () => {
    const { instance, refusals } = read({ tags: ['a', 1, '', 'b', 'c\u0000'] });
    assert.deepEqual(instance?.tags, ['a', 'b']);
    assert.equal(refusals.length, 1);
    assert.equal(read({ tags: Array.from({ length: 200 }, String) }).instance?.tags.length, 128);
  });
});

describe('weights with another scale', () => {
  it('are shares of the largest', () => {
    assert.deepEqual(scaleWeights([1, 1, 1], 0), [100, 100, 100]);
    assert.deepEqual(scaleWeights([60, 30, 0], -1), [100, 50, 1]);
    assert.deepEqual(scaleWeights([60, 30, 0], 0), [100, 50, 0]);
    assert.deepEqual(scaleWeights([0, 0], -1), [100, 100]);
    assert.deepEqual(scaleWeights([65_535, 1], 0), [100, 1]);
    assert.deepEqual(scaleWeights([], 0), []);
  });
});
