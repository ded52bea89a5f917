import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { errorsOf, loadYaml, warningsOf } from '../../test/support/config-files.ts';
import { configuredBackends, settingsOf } from './backends.ts';
import { redactConfig } from './redact.ts';

test('discovery: several backends, their defaults, and files beside the configuration', async () => {
  const { config } = await loadYaml(`
discovery:
  backends: [etcd, dns, etcd]
  backend: consul
  consul: { address: "https://consul:8501/", token: t, tls: { ca: ca.pem } }
  etcd: { prefix: farp }
  dns: { services: [{ name: a, record: _a._tcp.example.com }, { name: b, record: b.example.com, port: 80 }] }
`);
  const { discovery } = config;
  assert.deepEqual(configuredBackends(discovery), ['consul', 'etcd', 'dns']);
  assert.equal(discovery.consul?.address, 'https://consul:8501');
  assert.ok(path.isAbsolute(discovery.consul?.tls.ca ?? ''), discovery.consul?.tls.ca);
  assert.deepEqual(discovery.etcd?.prefix, ['farp']);
  assert.deepEqual(
    discovery.dns?.services.map(({ type }) => type),
    ['srv', 'address'],
  );
  assert.throws(() => settingsOf(discovery, 'eureka'), TypeError);
  const { config: bare } = await loadYaml('discovery: { backend: etcd }');
  assert.deepEqual(settingsOf(bare.discovery, 'etcd').endpoints, ['http://127.0.0.1:2379']);
});

test('discovery: faults are named with their place', async () => {
  const errors = await errorsOf(`
discovery:
  backend: zookeeper
  etcd: { endpoints: ["http://a:1", "https://b:1"], tls: { cert: c.pem } }
  consul: { address: "http://consul:8500/path", wait: 1h }
  dns: { services: [{ name: a, record: a.example.com }], servers: [dns.example.com] }
  static: { services: [{ name: a, instances: ["10.0.0.1", { address: "10.0.0.1:80", weight: 101 }] }] }
`);
  for (const part of [
    /expected one of static, kubernetes/,
    /either all endpoints are http/,
    /cert and key belong together/,
    /expected a URL such as http:\/\/127\.0\.0\.1:8500/,
    /expected a duration from 1s to 10m/,
    /the port is missing: addresses in DNS have none/,
    /expected an IP address with or without port/,
    /from 0 to 100/,
  ])
    assert.match(errors.join('\n'), part);
});

test('discovery: passwords and tokens are not shown', async () => {
  const { config } = await loadYaml(`
discovery:
  consul: { token: topsecret1 }
  etcd: { username: octopus, password: topsecret2 }
  eureka: { username: octopus, password: topsecret3 }
`);
  const shown = JSON.stringify(redactConfig(config));
  assert.doesNotMatch(shown, /topsecret/);
  assert.match(shown, /octopus/);
});

test('services that nobody would use are warned of', async () => {
  const found =
    'discovery: { backend: static, static: { services: [{ name: a, instances: ["127.0.0.1:1"] }] } }\n';
  const [warning, ...others] = await warningsOf(found);
  assert.match(
    warning ?? '',
    /^1:1: discovery: no service that is found gets routes; set farp.enabled: true/,
  );
  assert.deepEqual(others, []);
  for (const use of [
    `farp: { enabled: true }\n${found}`,
    found.replace('backend:', 'expose: all, backend:'),
    `${found}upstreams: [{ name: a, service: a }]\n`,
    'discovery: {}\n',
  ]) {
    assert.deepEqual(await warningsOf(use), [], use);
  }
});
