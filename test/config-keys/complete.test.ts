/** No configuration key without a test that shows what it does. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { inactiveFeatures } from '../../src/config/inactive.ts';
import { configSchema } from '../../src/config/schema/schema.ts';
import { type AnySchema, elementOf, shapeOf } from '../../src/config/schema/walk.ts';
import { BUILTIN_PLUGINS } from '../../src/plugins/builtin/registry.ts';
import { NOT_ACTIVE, PLUGIN_KEYS, PROVED_BY } from './keys.ts';

/** What a test file has in it that runs a gateway. */
const RUNS_A_GATEWAY = /\b(startGateway|relay|useBench|spawnSync|spawn)\b/;

/** Every key that takes a value of its own; `[]` stands for the elements of a list or map. */
function* leafKeys(schema: AnySchema, path: string): Generator<string> {
  const shape = shapeOf(schema);
  if (shape !== null) {
    for (const [key, child] of Object.entries(shape))
      yield* leafKeys(child, path === '' ? key : `${path}.${key}`);
    return;
  }
  const element = elementOf(schema);
  if (element !== null && hasKeys(element)) yield* leafKeys(element, `${path}[]`);
  else yield path;
}

function hasKeys(schema: AnySchema): boolean {
  if (shapeOf(schema) !== null) return true;
  const element = elementOf(schema);
  return element !== null && hasKeys(element);
}

const isUnder = (key: string, prefix: string): boolean =>
  key === prefix || key.startsWith(`${prefix}.`) || key.startsWith(`${prefix}[]`);

const keys = [...leafKeys(configSchema, '')];
for (const [name, { config }] of BUILTIN_PLUGINS)
  if (config !== undefined) keys.push(...leafKeys(config as AnySchema, `plugin ${name}`));

const provedBy: Record<string, string[]> = {};
for (const [file, names] of Object.entries(PROVED_BY)) provedBy[file] = [...names];
for (const [file, names] of Object.entries(PLUGIN_KEYS))
  (provedBy[file] ??= []).push(...names.map((name) => `plugin ${name}`));
const proved = new Set(Object.values(provedBy).flat());
const inactive = Object.keys(NOT_ACTIVE);

describe('the keys of the configuration', () => {
  it('are found in the schema', () => {
    assert.ok(keys.length > 100, `${keys.length} keys`);
    for (const key of ['server.limits.body', 'upstreams[].endpoints[].weight', 'routes[].retries.on'])
      assert.ok(keys.includes(key), key);
  });

  it('each have a test through a running gateway, named in keys.ts', () => {
    const missing = keys.filter(
      (key) => !proved.has(key) && !inactive.some((prefix) => isUnder(key, prefix)),
    );
    assert.deepEqual(missing, []);
  });

  it('are in keys.ts only as long as they are in the schema', () => {
    assert.deepEqual(
      [...proved].filter((key) => !keys.includes(key)),
      [],
    );
    assert.deepEqual(
      inactive.filter((prefix) => !keys.some((key) => isUnder(key, prefix))),
      [],
    );
  });

  for (const [file, names] of Object.entries(provedBy)) {
    it(`of ${file} are written in it`, () => {
      assert.ok(existsSync(file), 'there is no such file');
      const text = readFileSync(file, 'utf8');
      assert.match(text, RUNS_A_GATEWAY);
      const absent = names.filter((name) => {
        const leaf = name.replaceAll('[]', '').split('.').at(-1)!;
        return !new RegExp(`\\b${leaf}\\b`).test(text);
      });
      assert.deepEqual(absent, []);
    });
  }

  for (const [feature, example] of Object.entries(NOT_ACTIVE)) {
    it(`${feature} is not active yet, and run says so`, () => {
      assert.ok(
        inactiveFeatures(configSchema.parse(example)).length > 0,
        `${feature} is active now: name the tests of its keys in PROVED_BY`,
      );
    });
  }
});
