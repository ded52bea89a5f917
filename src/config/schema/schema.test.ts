import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { loadYaml } from '../../../test/support/config-files.ts';
import { BUILTIN_PLUGINS } from '../../plugins/builtin/registry.ts';
import { configJsonSchema } from '../json-schema.ts';
import { loadConfig } from '../load.ts';
import { adminAddress, workerSettings } from '../settings.ts';
import { configSchema } from './schema.ts';
import { type AnySchema, elementOf, shapeOf } from './walk.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
const examples = [
  'config/reference.yaml',
  'config/mission.yaml',
  'config/quickstart.yaml',
  'src/config/fixtures/issue.yaml',
];

for (const file of examples) {
  test(`${file} is accepted by the gateway and by its JSON Schema`, async () => {
    const result = await loadConfig({
      paths: [path.join(root, file)],
      env: { JWT_SECRET: 'x' },
      builtins: BUILTIN_PLUGINS,
    });
    assert.ok(result.ok, JSON.stringify(result));
    const validate = new Ajv2020({ strict: false, allErrors: true }).compile(configJsonSchema());
    const document: unknown = parse(await readFile(path.join(root, file), 'utf8'));
    assert.ok(validate(document), JSON.stringify(validate.errors, null, 1));
  });
}

test('config/reference.yaml holds every key of the schema', async () => {
  const document: unknown = parse(await readFile(path.join(root, 'config/reference.yaml'), 'utf8'));
  const written = new Set<string>();
  collectWritten(document, '', written);
  const known = new Set<string>();
  collectKnown(configSchema, '', known);
  assert.ok(known.size > 100);
  // Settings that upstreams inherit are written once: under `routing`, or where they would exclude others there.
  const isMissing = (key: string) =>
    !written.has(key) &&
    !written.has(key.replace(/^\.upstreams\[\]/, '.routing')) &&
    !written.has(key.replace(/^\.routing/, '.upstreams[]'));
  assert.deepEqual([...known].filter(isMissing), []);
});

function collectWritten(value: unknown, at: string, keys: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectWritten(item, `${at}[]`, keys);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      // Names of headers and parameters are the user's own.
      const name = /\]\.(headers|query)$/.test(at) ? '[]' : `.${key}`;
      keys.add(at + name);
      collectWritten(child, at + name, keys);
    }
  }
}

function collectKnown(schema: AnySchema, at: string, keys: Set<string>): void {
  for (const [key, child] of Object.entries(shapeOf(schema) ?? {})) {
    keys.add(`${at}.${key}`);
    collectKnown(child, `${at}.${key}`, keys);
  }
  const element = elementOf(schema);
  if (element !== null && shapeOf(schema) === null) collectKnown(element, `${at}[]`, keys);
}

test('the JSON Schema explains every key, gives defaults, and lets variables in', () => {
  const schema = JSON.parse(JSON.stringify(configJsonSchema()));
  const unexplained: string[] = [];
  const visit = (node: Record<string, unknown>, at: string): void => {
    for (const [key, child] of Object.entries(
      (node['properties'] ?? {}) as Record<string, Record<string, unknown>>,
    )) {
      if (typeof child['description'] !== 'string' && key !== 'regex') unexplained.push(`${at}.${key}`);
      visit(child, `${at}.${key}`);
    }
    for (const option of (node['anyOf'] ?? []) as Record<string, unknown>[]) visit(option, at);
    for (const key of ['items', 'additionalProperties']) {
      if (typeof node[key] === 'object') visit(node[key] as Record<string, unknown>, `${at}[]`);
    }
  };
  visit(schema, '');
  assert.deepEqual(unexplained, []);
  const { server, routing } = schema.properties;
  assert.equal(server.properties.limits.properties.body.default, '100MB');
  assert.equal(server.properties.host.default, '0.0.0.0');
  assert.equal(routing.properties.timeouts.properties.connect.default, '2s');
  assert.ok(!/"(fallback|notation)":/.test(JSON.stringify(schema)));

  const validate = new Ajv2020({ strict: false }).compile(schema);
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the notation of the configuration
  assert.ok(
    validate({
      server: { http_port: '${PORT}', workers: '${N}', engine: '${E:-builtin}', limits: { body: '${B}' } },
    }),
  );
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the notation of the configuration
  assert.ok(!validate({ server: { http_port: 'eighty' } }));
  assert.ok(!validate({ server: { http_prot: 80 } }));
  assert.ok(!validate({ routes: [{ upstream: 'a' }] }));
  assert.ok(validate({ 'x-mine': [1] }));
});

test('worker settings carry every limit and policy', async () => {
  const { config } = await loadYaml(`
server:
  via: edge
  trusted_proxies: [10.0.0.0/8]
  limits: { request_line: 1KB, header_bytes: 2KB, header_count: 3, body: 4KB, header_timeout: 5s, body_idle_timeout: 6s, keep_alive_timeout: 7s, connections: 8 }
  path_policy: { double_slash: keep, encoded_slash: reject, backslash: keep, parameters: reject }
observability: { logging: { access_log: { enabled: false, sample: 10% } } }
`);
  assert.deepEqual(workerSettings(config, 'abc'), {
    limits: {
      requestLine: 1024,
      headerBytes: 2048,
      headerCount: 3,
      body: 4096,
      headerTimeout: 5000,
      bodyIdleTimeout: 6000,
      keepAliveTimeout: 7000,
      connections: 8,
    },
    trustedProxies: ['10.0.0.0/8'],
    pathPolicy: { doubleSlash: 'keep', encodedSlash: 'reject', backslash: 'keep', parameters: 'reject' },
    viaName: 'edge',
    instanceId: 'abc',
    redirectToHttps: 0,
    http2: { enabled: true, maxConcurrentStreams: 100, streamWindow: 262_144, pingInterval: 20_000 },
    accessLog: { enabled: false, sample: 0.1 },
  });
});

test('the admin address is its own, or the host of the server with the admin port', async () => {
  const addressOf = async (text: string) => adminAddress((await loadYaml(text)).config);
  assert.deepEqual(await addressOf('{}'), { host: '0.0.0.0', port: 9090 });
  assert.deepEqual(await addressOf('server: { host: "::", admin_port: 1234 }'), { host: '::', port: 1234 });
  assert.deepEqual(await addressOf('admin: { address: "[::1]:99" }'), { host: '::1', port: 99 });
});
