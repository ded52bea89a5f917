/**
 * Our reading of manifests beside that of the public Go library: the same verdicts in the same words, the same hashes,
 * versions and path rules, for documents made at random.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { manifestChecksum } from '../../src/farp/manifest/checksum.ts';
import { parseManifest } from '../../src/farp/manifest/parse.ts';
import { pathMatches } from '../../src/farp/manifest/path-rules.ts';
import { matchSchemaHash, schemaHash } from '../../src/farp/manifest/schema-hash.ts';
import { validateManifest } from '../../src/farp/manifest/validate.ts';
import { isCompatibleVersion } from '../../src/farp/manifest/version.ts';
import { type Built, buildGo } from '../support/farp-go.ts';
import { Random } from '../support/random.ts';

interface Question {
  readonly kind: 'manifest' | 'hash' | 'version' | 'protocol' | 'path';
  readonly text: string;
  readonly pattern?: string;
}

const SEED = 20_261_123;
const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-farp-library-'));
let program: Built;

before(async () => {
  program = await buildGo('check', folder);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function ask(questions: readonly Question[]): string[] {
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const file = 'file' in program ? program.file : '';
  const output = execFileSync(file, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as string);
}

const random = new Random(SEED);
const pick = <T>(...items: readonly T[]): T => random.pick(items);

const HASH = 'a'.repeat(64);

/** A manifest that is right, but for one or a few members. */
function manifest(): Record<string, unknown> {
  const schemas = Array.from({ length: random.below(4) }, () => {
    const kind = pick('http', 'registry', 'inline');
    return changed({
      type: pick('openapi', 'asyncapi', 'grpc', 'graphql', 'orpc', 'thrift', 'avro', 'custom'),
      spec_version: '3.1.0',
      location: changed({ type: kind, url: 'http://h/x', registry_path: '/x' }),
      content_type: 'application/json',
      inline_schema: { a: 1 },
      hash: pick(HASH, 'b'.repeat(64), 'é'.repeat(32), 'Z'.repeat(64)),
      size: 7,
    });
  });
  const stated = schemas.map(({ type, hash }) => ({ type: String(type ?? ''), hash: String(hash ?? '') }));
  return changed({
    version: '1.1.0',
    service_name: 'orders',
    service_version: '2.3.0',
    instance_id: 'a1',
    instance: random.chance(0.5)
      ? null
      : changed({
          address: 'h:1',
          weight: pick(0, 50, 100),
          status: 'healthy',
          deployment: random.chance(0.5)
            ? null
            : changed({ deployment_id: 'd', traffic_percent: pick(0, 5, 100) }),
        }),
    schemas,
    capabilities: ['rest'],
    endpoints: changed({ health: '/health' }),
    routing: changed({
      strategy: pick('', 'root', 'instance', 'service', 'versioned', 'custom', 'subdomain'),
      base_path: '/b',
      subdomain: 's',
      priority: pick(0, 50, 100),
    }),
    updated_at: 1_767_225_600,
    checksum: random.chance(0.7) ? manifestChecksum(stated) : pick('', HASH),
  });
}

/** Leaves a member out, or puts something else in its place. Numbers only for numbers: types have a test of their own. */
function changed<T extends Record<string, unknown>>(object: T): T {
  if (!random.chance(0.25)) return object;
  const copy: Record<string, unknown> = { ...object };
  const name = random.pick(Object.keys(copy));
  const value = copy[name];
  if (random.chance(0.3)) delete copy[name];
  else if (random.chance(0.2)) copy[name] = null;
  else if (typeof value === 'number') copy[name] = pick(-1, 101, 1000);
  else if (typeof value === 'string') copy[name] = pick('', 'x', '1.0.0', '2.0.0', HASH.toUpperCase(), 'é');
  else if (random.chance(0.35)) {
    copy[name[0]!.toUpperCase() + name.slice(1)] = value;
    delete copy[name];
  }
  return copy as T;
}

function json(depth: number): unknown {
  switch (random.below(depth > 3 ? 4 : 6)) {
    case 0:
      return pick(null, true, false);
    case 1:
      return pick(
        0,
        -0,
        1,
        1.5,
        -2.25,
        1e21,
        1e-7,
        123456789012345680000,
        0.1,
        5e-324,
        1e300,
        1e-6,
        999999999999999900000,
      );
    case 2:
    case 3:
      return text();
    case 4:
      return Array.from({ length: random.below(4) }, () => json(depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: random.below(5) }, () => [text(), json(depth + 1)]));
  }
}

const ALPHABET = [
  'a',
  'B',
  '1',
  '_',
  '<',
  '>',
  '&',
  '"',
  '\\',
  '/',
  '\n',
  '\t',
  '\u0001',
  '\u0008',
  '\u000c',
  '\u007f',
  '\u2028',
  '\u2029',
  'é',
  '\uffee',
  '\u{1f600}',
  '\ud800',
  '\\u0041',
  ' ',
];

function text(): string {
  return Array.from({ length: random.below(6) }, () => random.pick(ALPHABET)).join('');
}

/** The same value in other spellings: spaces, escapes, numbers with zeros. */
function respelled(document: unknown): string {
  const spelled = JSON.stringify(document, null, pick(0, 0, 2));
  return random.chance(0.3) ? spelled.replaceAll(/: 1([,}\n])/g, ': 1.0$1').replaceAll('/', '\\/') : spelled;
}

const test = (name: string, run: () => void) =>
  it(name, (context) => {
    if ('file' in program) run();
    else context.skip(program.missing);
  });

describe(`as the Go library (seed ${SEED})`, () => {
  test('4,000 manifests', () => {
    const [protocol = ''] = ask([{ kind: 'protocol', text: '' }]);
    const texts = Array.from({ length: 4_000 }, () => JSON.stringify(manifest()));
    const verdicts = ask(texts.map((text) => ({ kind: 'manifest', text })));
    assert.ok(verdicts.filter((verdict) => verdict === '').length > 500, 'many are right');
    assert.ok(
      new Set(verdicts.map((verdict) => verdict.slice(0, 60))).size > 25,
      'and others wrong in many ways',
    );
    texts.forEach((text, index) => {
      assert.equal(validateManifest(JSON.parse(text), protocol), verdicts[index], text);
    });
  });

  test('wrong types', () => {
    const base = { version: '1.1.0', service_name: 'a', instance_id: 'b', endpoints: { health: '/h' } };
    const cases: object[] = [];
    for (const value of ['x', 1, 1.5, true, [], {}, [1], ['x'], { a: 1 }, [{}], [[]]]) {
      for (const name of [
        'version',
        'instance',
        'schemas',
        'capabilities',
        'endpoints',
        'routing',
        'webhook',
        'updated_at',
        'route_table',
      ])
        cases.push({ ...base, [name]: value });
      for (const name of ['health', 'grpc_reflection'])
        cases.push({ ...base, endpoints: { health: '/h', [name]: value } });
      for (const name of ['weight', 'labels', 'deployment', 'started_at'])
        cases.push({ ...base, instance: { address: 'a', [name]: value } });
      for (const name of ['strategy', 'priority', 'tags', 'rewrite', 'strip_prefix'])
        cases.push({ ...base, routing: { [name]: value } });
    }
    const verdicts = ask(cases.map((document) => ({ kind: 'manifest', text: JSON.stringify(document) })));
    cases.forEach((document, index) => {
      const isRefused = verdicts[index]!.startsWith('invalid manifest format');
      const ours = validateManifest(document, '1.3.0');
      assert.equal(
        ours.startsWith('invalid manifest format'),
        isRefused,
        `${JSON.stringify(document)}: ${verdicts[index]}, ours: ${ours}`,
      );
      // Whatever it is, the tolerant reader gets along with it.
      parseManifest(document);
    });
  });

  test('the hashes of 3,000 documents', () => {
    const texts = Array.from({ length: 3_000 }, () => respelled(json(0)));
    const hashes = ask(texts.map((text) => ({ kind: 'hash', text })));
    texts.forEach((text, index) => {
      assert.equal(schemaHash(text), hashes[index], text);
      assert.notEqual(matchSchemaHash(Buffer.from(text), hashes[index]!), null, text);
    });
  });

  test('versions', () => {
    const [protocol = ''] = ask([{ kind: 'protocol', text: '' }]);
    const parts = [
      '0',
      '1',
      '2',
      '01',
      '-1',
      '+1',
      '',
      'x',
      ' 1',
      '1 ',
      '9223372036854775807',
      '9223372036854775808',
      'v1',
      '1_0',
      '٣',
    ];
    const versions = Array.from({ length: 2_000 }, () =>
      Array.from({ length: pick(1, 2, 3, 3, 3, 3, 4) }, () => random.pick(parts)).join(
        pick('.', '.', '.', '-'),
      ),
    );
    const verdicts = ask(versions.map((text) => ({ kind: 'version', text })));
    versions.forEach((version, index) => {
      assert.equal(String(isCompatibleVersion(version, protocol)), verdicts[index], JSON.stringify(version));
    });
  });

  test('path patterns', () => {
    const segments = ['a', 'b', 'ab', 'aab', 'a.json', 'x', ''];
    const patterns = ['a', 'b', '*', '**', 'a*', '*b', 'a*b', '*.json', '*a*', 'x', ''];
    const cases = Array.from({ length: 5_000 }, () => ({
      kind: 'path' as const,
      text: Array.from({ length: random.below(5) }, () => `/${random.pick(segments)}`).join(''),
      pattern: Array.from({ length: random.below(5) }, () => `/${random.pick(patterns)}`).join(''),
    }));
    const verdicts = ask(cases);
    cases.forEach(({ pattern, text }, index) => {
      assert.equal(String(pathMatches(pattern, text)), verdicts[index], `${pattern} and ${text}`);
    });
  });
});
