import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { errorsOf, loadFiles, loadYaml, warningsOf } from '../../../test/support/config-files.ts';
import { findBuiltin } from '../../plugins/builtin/registry.ts';
import type { LoadResult } from '../load.ts';
import { isJavaScriptPath, moduleFile } from './plugin-modules.ts';

const UPSTREAM = 'upstreams: [{ name: a, endpoints: ["a:1"] }]\n';

/** The plugins of each route, with those settings that are not what they are without a word about them. */
async function chains(text: string): Promise<string[][]> {
  const { routeSet } = await loadYaml(UPSTREAM + text);
  const names = new Map(
    routeSet.plugins.map(({ id, name, config }) => {
      const usual = findBuiltin(name)?.config.safeParse({}).data ?? {};
      const own = Object.entries(config as Readonly<Record<string, unknown>>).filter(
        ([key, value]) => !isDeepStrictEqual(value, (usual as Readonly<Record<string, unknown>>)[key]),
      );
      return [id, `${name}${JSON.stringify(Object.fromEntries(own))}`];
    }),
  );
  return routeSet.routes.map((route) => route.plugins.map((id) => names.get(id) ?? '?'));
}

test('global plugins come first; one that the route names too runs once, as and where the route says', async () => {
  const actual = await chains(`
middleware: [request_id, { name: cors, config: { max_age: 1s } }, compression]
plugins: [{ name: compression, config: { min_size: 9 } }]
routes:
  - { path: /1, upstream: a }
  - { path: /2, upstream: a, middleware: [rate_limit, { name: request-id, config: { echo: false } }] }
  - { path: /3, upstream: a, middleware: [cors] }
`);
  assert.deepEqual(actual, [
    ['request-id{}', 'cors{"max_age":1000}', 'compression{"min_size":9}'],
    ['cors{"max_age":1000}', 'compression{"min_size":9}', 'rate-limit{}', 'request-id{"echo":false}'],
    ['request-id{}', 'compression{"min_size":9}', 'cors{}'],
  ]);
});

test('equal settings are one instance, other settings another, whatever the order of keys', async () => {
  const { routeSet } = await loadYaml(`${UPSTREAM}
routes:
  - { path: /1, upstream: a, middleware: [{ name: rate-limit, config: { limit: 5, window: 1s } }] }
  - { path: /2, upstream: a, middleware: [{ name: rate_limit, config: { window: 1s, limit: 5 } }] }
  - { path: /3, upstream: a, middleware: [{ name: rate-limit, config: { window: 1s, limit: 6 } }] }
`);
  const [one, two, three] = routeSet.routes.map(({ plugins }) => plugins[0]);
  assert.equal(one, two);
  assert.notEqual(one, three);
  assert.equal(routeSet.plugins.length, 2);
  assert.match(one ?? '', /^rate-limit@[0-9a-f]{12}$/);
});

test('settings are checked by the plugin, with their place', async () => {
  assert.deepEqual(
    await errorsOf('middleware:\n  - name: rate-limit\n    config:\n      limt: 5\n      window: soon\n'),
    [
      '4:7: unknown key "limt" in config. Did you mean "limit"?',
      '5:15: config.window: expected a duration such as 500ms, 30s, 5m or 1h30m, longer than 0, got "soon"',
    ],
  );
  assert.deepEqual(
    await errorsOf(
      'plugins:\n  - name: cors\n    config: { credentials: true, origins: ["*"] }\nmiddleware: [cors]\n',
    ),
    [
      '3:28: config.credentials: credentials cannot be allowed for the origin "*": every site could act as the user; list the origins',
    ],
  );
});

test('a plugin that cannot do without settings says which it needs', async () => {
  assert.deepEqual(await errorsOf('middleware:\n  - basic_auth\n'), [
    '2:5: the plugin "basic-auth" needs settings (users); write { name: basic-auth, config: … } or add it to plugins',
  ]);
});

test('names that are nothing get a suggestion', async () => {
  assert.deepEqual(await errorsOf('middleware: [compresion]\n'), [
    '1:14: there is no plugin "compresion"; did you mean "compression"?',
  ]);
  const [error] = await errorsOf('middleware: [frobnicate]\n');
  assert.match(
    error ?? '',
    /^1:14: there is no plugin "frobnicate"; built in are request-id, cors, .*; a plugin of your own needs an entry with its path in plugins$/,
  );
});

test('plugins of later versions load, closed', async () => {
  const { routeSet, warnings } = await loadYaml('admin: { enabled: false }\nmiddleware: [auth, kafka]\n');
  assert.deepEqual(
    routeSet.plugins.map(({ name, unavailable }) => [name, unavailable]),
    [
      ['auth', 'the plugin "auth" is not part of this version yet'],
      ['kafka', 'the plugin "kafka" is not part of this version yet'],
    ],
  );
  assert.deepEqual(
    warnings.map(({ message }) => message),
    [
      'the plugin "auth" is not part of this version yet; routes that use it answer 503',
      'the plugin "kafka" is not part of this version yet; routes that use it answer 503',
    ],
  );
});

test('auth stands for the one authentication plugin that is configured', async () => {
  const [chain] = await chains(`
middleware: [auth]
plugins: [{ name: basic_auth, config: { users: [{ username: a, password: b }] } }]
routes: [{ path: /, upstream: a }]
`);
  assert.match(chain?.[0] ?? '', /^basic-auth\{"users":\[\{"username":"a","password":"b"\}\]/);
  assert.equal(chain?.length, 1);
  assert.deepEqual(
    await errorsOf(
      'middleware: [auth, basic-auth]\nplugins: [{ name: basic-auth, config: { users: [{ username: a, password: b }] } }]\n',
    ),
    ['1:20: the plugin "basic-auth" is listed twice; it runs only once, take one of them out'],
  );
});

test('a path that is no JavaScript module: the built-in of that name is used', async () => {
  const text = 'plugins:\n  - name: cors\n    path: /plugins/cors.so\nmiddleware: [cors]\n';
  const { routeSet } = await loadYaml(text);
  assert.deepEqual(
    [routeSet.plugins[0]?.name, routeSet.plugins[0]?.module, routeSet.plugins[0]?.unavailable],
    ['cors', '', ''],
  );
  assert.deepEqual(await warningsOf(text), [
    '3:11: "/plugins/cors.so" is no JavaScript module (.js, .mjs, .cjs or an npm package); the built-in "cors" is used instead',
  ]);
});

test('entries that nobody uses are checked all the same', async () => {
  assert.deepEqual(await warningsOf('plugins:\n  - name: cors\n'), [
    '2:11: the plugin "cors" is configured but no middleware list names it',
  ]);
  assert.deepEqual(await errorsOf('plugins:\n  - { name: cors, config: { orgins: [] } }\n'), [
    '2:29: unknown key "orgins" in config. Did you mean "origins"?',
  ]);
  const [twice] = await errorsOf('plugins:\n  - name: cors\n  - name: cors\nmiddleware: [cors]\n');
  assert.match(twice ?? '', /^3:11: the plugin "cors" is already configured at \S+octopus\.yaml:2:11; /);
});

const OWN = `
export const plugin = {
  name: 'own', version: '1.2.3',
  config: (z) => z.strictObject({ limit: z.int().min(1), token: z.string().optional() }),
  setup() { return {}; },
};
`;

async function loadOwn(module: string, config = '{ limit: 3 }', file = 'own.mjs'): Promise<LoadResult> {
  const text = `admin: { enabled: false }\nplugins:\n  - name: own\n    path: ./${file}\n    config: ${config}\nmiddleware: [own]\n`;
  return loadFiles({ 'octopus.yaml': text }, {}, { 'own.mjs': module });
}

function messages(result: LoadResult): string[] {
  assert.ok(!result.ok);
  return result.problems.map(
    ({ line, column, message }) => `${line}:${column}: ${message.replaceAll(/\/\S*\/own/g, 'own')}`,
  );
}

test('a plugin of one’s own: found beside the file, checked by its schema, watched', async () => {
  const result = await loadOwn(OWN);
  assert.ok(result.ok, JSON.stringify(result));
  const [plugin] = result.routeSet.plugins;
  assert.equal(path.basename(plugin?.module ?? ''), 'own.mjs');
  assert.ok(path.isAbsolute(plugin?.module ?? ''));
  assert.deepEqual(plugin?.config, { limit: 3 });
  assert.deepEqual(
    result.files.map((file) => path.basename(file)),
    ['octopus.yaml', 'own.mjs'],
  );
  assert.deepEqual(
    messages(await loadOwn(OWN, '{ limt: 3, token: 5 }')),
    [
      '5:15: unknown key "limt" in config. Did you mean "limit"?',
      '5:13: config: "limit" is missing; expected a number',
      '5:31: config.token: expected text',
    ].toSorted(),
  );
});

test('isolation: on or off, or with a time limit', async () => {
  for (const [isolate, expected] of [
    ['true', [true, undefined]],
    ['false', [false, undefined]],
    ['{ timeout: 2s }', [true, 2000]],
    ['{}', [true, 1000]],
  ] as const) {
    const { routeSet } = await loadYaml(
      `middleware: [cors]\nplugins: [{ name: cors, isolate: ${isolate} }]\n`,
    );
    assert.deepEqual([routeSet.plugins[0]?.isolate, routeSet.plugins[0]?.isolateTimeout], expected);
  }
  assert.deepEqual(await errorsOf('middleware: [cors]\nplugins:\n  - name: cors\n    isolate: maybe\n'), [
    '4:14: isolate: expected true, false or { timeout }, got "maybe"',
  ]);
});

test('new code of a plugin is a new instance', async () => {
  const before = await loadOwn(OWN);
  const same = await loadOwn(OWN);
  const after = await loadOwn(OWN.replace('1.2.3', '1.2.4'));
  assert.ok(before.ok && same.ok && after.ok);
  const digests = [before, same, after].map((result) => result.routeSet.plugins[0]?.id);
  assert.equal(new Set(digests).size, 3, 'another folder is another module');
});

test('plugins of one’s own that do not work say why', async () => {
  assert.deepEqual(
    messages(await loadOwn(OWN, '{ limit: 3 }', 'owl.mjs')).map((message) => message.replace(/\/\S*\//, '')),
    ['4:11: plugin "own": there is no file owl.mjs'],
  );
  assert.match(
    messages(await loadOwn('export default {};'))[0] ?? '',
    /^4:11: plugin "own": .*the module does not export "plugin" \(it has a default export/,
  );
  assert.match(
    messages(await loadOwn('export const plugin = 3;'))[0] ?? '',
    /"plugin" must be what definePlugin returns/,
  );
  assert.match(messages(await loadOwn('syntax error'))[0] ?? '', /^4:11: plugin "own": .*cannot be loaded: /);
  assert.match(messages(await loadOwn('throw new Error("no luck")'))[0] ?? '', /no luck/);
});

test('which paths are JavaScript', () => {
  for (const spec of [
    './a.js',
    'a.mjs',
    '/x/a.cjs',
    'octopus-plugin-x',
    '@scope/pkg',
    '@scope/pkg/sub',
    'pkg/sub.js',
  ])
    assert.ok(isJavaScriptPath(spec), spec);
  for (const spec of ['/x/a.so', './a', 'a.dylib', 'a.wasm', './a.ts', '/x/a', '../a.lua', 'a b'])
    assert.ok(!isJavaScriptPath(spec), spec);
  assert.equal(moduleFile('./a.mjs', '/etc/octopus/x.yaml'), '/etc/octopus/a.mjs');
  assert.equal(moduleFile('octopus-plugin-x', '/etc/octopus/x.yaml'), null);
  assert.equal(moduleFile('@scope/pkg/a.js', '/etc/octopus/x.yaml'), null);
});
