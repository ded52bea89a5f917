/** Registrations of any shape: reading never throws, and what it gives has the types that it says. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../../test/support/random.ts';
import type { Entry } from './backend.ts';
import { readService } from './consul/read-service.ts';
import { EtcdKeys } from './etcd/etcd-keys.ts';
import type { ServiceInstance } from './provider.ts';

const NAMES = [
  'id',
  'ID',
  'service_name',
  'name',
  'version',
  'address',
  'Address',
  'port',
  'Port',
  'weight',
].concat(
  ['zone', 'status', 'tags', 'Tags', 'metadata', 'Meta', 'instance', 'Node', 'Service', 'Checks', 'Weights'],
  [
    'Passing',
    'CheckID',
    'Status',
    'Locality',
    'Zone',
    'farp.manifest',
    '__proto__',
    'constructor',
    'toString',
  ],
);
const VALUES = [
  '',
  'a',
  '10.0.0.1',
  '10.0.0.1:80',
  '[::1]:80',
  'http://x',
  'https://x:y',
  'constructor',
  '__proto__',
].concat([
  'critical',
  'warning',
  '\u0000',
  '\ud800',
  '../../x',
  'x'.repeat(5_000),
  '%',
  '1e3',
  '-1',
  'http://[',
  '80',
]);
const NUMBERS = [0, -0, -1, 1, 1.5, 80, 100, 65_535, 65_536, 1e21, Number.MAX_SAFE_INTEGER];

function anything(random: Random, depth = 0): unknown {
  switch (random.below(depth > 2 ? 4 : 8)) {
    case 0:
      return random.pick(VALUES);
    case 1:
      return random.pick(NUMBERS);
    case 2:
      return random.pick([null, true, false]);
    case 3:
      return random.pick(VALUES);
    case 4:
      return Array.from({ length: random.below(4) }, () => anything(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(9) }, () => [random.pick(NAMES), anything(random, depth + 1)]),
      );
  }
}

const REGISTRATION = {
  id: 'a-1',
  service_name: 'a',
  version: '1',
  address: '10.0.0.1',
  port: 80,
  weight: 10,
  zone: 'z',
  status: 'healthy',
  tags: ['x', 'y'],
  metadata: { 'farp.enabled': 'true', 'farp.manifest': 'http://10.0.0.1/_farp/manifest' },
  instance: { address: '10.0.0.2:80', weight: 5, zone: 'y', status: 'draining' },
};
const CONSUL_ENTRY = {
  Node: { Node: 'n', Address: '10.0.0.9', Locality: { Zone: 'z' } },
  Service: {
    ID: 'a',
    Service: 'a',
    Address: '10.0.0.1',
    Port: 80,
    Tags: ['x'],
    Meta: { version: '1', 'farp.enabled': 'true' },
    Weights: { Passing: 3 },
  },
  Checks: [{ CheckID: 'c', Status: 'passing' }, { Status: 'warning' }],
};

/** A copy in which here and there something else stands. */
function spoilt(value: unknown, random: Random): unknown {
  if (random.chance(0.06)) return anything(random);
  if (Array.isArray(value)) return value.map((item) => spoilt(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, spoilt(member, random)]);
  if (random.chance(0.1)) entries.push([random.pick(NAMES), anything(random)]);
  return Object.fromEntries(entries.filter(() => !random.chance(0.03)));
}

function check({ instances, refusals }: Entry): number {
  for (const { subject, reason } of refusals) assert.ok(subject !== '' && reason !== '');
  for (const instance of instances) checkInstance(instance);
  return instances.length;
}

const STATUSES = ['starting', 'healthy', 'degraded', 'unhealthy', 'draining', 'stopping'];

function checkInstance(instance: ServiceInstance): void {
  for (const key of ['id', 'service', 'version', 'host', 'zone'] as const)
    assert.equal(typeof instance[key], 'string', key);
  assert.ok(instance.id !== '' && instance.service !== '' && instance.host !== '');
  assert.ok(Number.isInteger(instance.port) && instance.port >= 1 && instance.port <= 65_535);
  assert.ok(Number.isInteger(instance.weight) && instance.weight >= 0 && instance.weight <= 100);
  assert.ok(STATUSES.includes(instance.status), String(instance.status));
  assert.ok(instance.tags.every((tag) => typeof tag === 'string'));
  for (const [key, value] of Object.entries(instance.metadata)) assert.equal(typeof value, 'string', key);
}

it('whatever stands in etcd or Consul', () => {
  const random = new Random(4);
  let instances = 0;
  for (let round = 0; round < 1_500; round++) {
    // Written as JSON and read again, as it comes from the backend: `__proto__` is a member of its own then.
    const text = JSON.stringify(spoilt(REGISTRATION, random));
    const keys = new EtcdKeys(['farp/services/']);
    const key = random.pick(['a/1', 'a/instances/1/metadata', 'a/instances/1/manifest', 'a/1.gz', '%/..']);
    keys.put({ key: Buffer.from(`farp/services/${key}`), value: Buffer.from(text) });
    for (const entry of keys.all()) instances += check(entry);
    const body = JSON.stringify(spoilt([CONSUL_ENTRY, CONSUL_ENTRY], random));
    instances += check(readService('a', JSON.parse(body)));
  }
  assert.ok(
    instances > 1_500,
    `only ${instances} of them could be used: the test is too wild to find faults`,
  );
});
