import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { SchemaType } from '../model.ts';
import { isYaml, readDocument } from './document.ts';
import { SchemaWorker } from './schema-worker.ts';

const worker = new SchemaWorker();
after(() => worker.close());

const read = (text: string, contentType = 'application/json', type: SchemaType = 'openapi') =>
  readDocument(Buffer.from(text), contentType, type, worker);

test('JSON, YAML by its content type, and the text of a GraphQL schema', async () => {
  assert.deepEqual(await read('{"a": [1, null]}'), { a: [1, null] });
  assert.deepEqual(await read('a:\n  - 1\n  - "2"\n', 'application/yaml; charset=utf-8'), { a: [1, '2'] });
  assert.equal(await read('type Query { a: Int }', 'text/plain', 'graphql'), 'type Query { a: Int }');
  assert.deepEqual(await read('{"sdl": "x"}', 'application/json', 'graphql'), { sdl: 'x' });
});

test('which content types are YAML', () => {
  for (const type of [
    'application/yaml',
    'text/yaml',
    'application/x-yaml',
    'application/vnd.oai.openapi+yaml',
    'TEXT/YAML;a=b',
  ])
    assert.ok(isYaml(type), type);
  for (const type of [
    '',
    'application/json',
    'text/plain',
    'application/yamlx',
    'application/vnd.oai.openapi+json',
  ])
    assert.ok(!isYaml(type), type);
});

test('what is deep, has too many values or is nothing of the kind is refused', async () => {
  await assert.rejects(read('{"a":'.repeat(300)), /nested deeper than 200/);
  await assert.rejects(read(`[${'1,'.repeat(1_000_001)}1]`), /more than 1000000 values/);
  await assert.rejects(read(`[${'[],'.repeat(600_000)}1]`), /more than 1000000 values/);
  await assert.rejects(read('a: b'), /not JSON/);
  await assert.rejects(read('a: [', 'text/yaml'), /not YAML/);
  await assert.rejects(read('[['.repeat(200), 'text/yaml'), /not YAML|nested/);
});

test('aliases that multiply are refused, in the thread that is there for it', async () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  await assert.rejects(read(lines.join('\n'), 'text/yaml'), /Excessive alias count/);
});
