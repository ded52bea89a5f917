import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { errorsOf, inFolder, loadYaml, warningsOf } from '../../test/support/config-files.ts';
import { BUILTIN_PLUGINS } from '../plugins/builtin/registry.ts';
import { loadConfig } from './load.ts';
import { redactConfig } from './redact.ts';

const TOKEN = 'a-token-that-is-long-enough';
const push = (auth: string) => `farp: { push: { auth: ${auth} } }`;

test('credentials of farp.push', async () => {
  const cases: [auth: string, error: RegExp][] = [
    ['{ type: bearer }', /^1:25: farp.push.auth: "credentials" is missing/],
    [
      `{ type: none, credentials: [{ name: a, token: ${TOKEN} }] }`,
      /credentials has no effect with type none/,
    ],
    ['{ credentials: [{ name: a }] }', /^1:\d+: credentials: "token" is missing; give token or token_hash/],
    [
      `{ credentials: [{ name: a, token: ${TOKEN}, token_hash: "sha256:${'0'.repeat(64)}" }] }`,
      /exclude each other/,
    ],
    [
      `{ credentials: [{ name: a, token: ${TOKEN} }, { name: a, token: ${TOKEN}2 }] }`,
      /there is another credential "a"/,
    ],
    ['{ credentials: [{ name: a, token: short }] }', /token: expected a token of at least 16 visible/],
    ['{ credentials: [{ name: a, token_hash: abc }] }', /token_hash: expected "sha256:" and 64/],
    [`{ credentials: [{ name: a b, token: ${TOKEN} }] }`, /name: expected a name of letters/],
    [`{ credentials: [{ name: a, token: ${TOKEN}, services: [../x] }] }`, /expected the name of a service/],
  ];
  for (const [auth, error] of cases) {
    const errors = await errorsOf(push(auth));
    assert.equal(errors.length, 1, `${auth}: ${errors.join('; ')}`);
    assert.match(errors[0]!, error);
    assert.doesNotMatch(errors[0]!, /long-enough|short|abc/);
  }
  await loadYaml(push(`{ credentials: [{ name: a, token: ${TOKEN}, services: [orders, "shop-*"] }] }`));
});

test('tokens are hidden', async () => {
  const { config } = await loadYaml(
    push(
      `{ credentials: [{ name: a, token: ${TOKEN} }, { name: b, token_hash: "sha256:${'ab'.repeat(32)}" }] }`,
    ),
  );
  assert.doesNotMatch(JSON.stringify(redactConfig(config)), /long-enough|abab/);
});

test('the state file is found beside its configuration', async () => {
  const { config, files } = await loadYaml('farp: { state_file: state/services.json }');
  assert.equal(config.farp.state_file, path.join(path.dirname(files[0]!), 'state/services.json'));
  const absolute = await loadYaml('farp: { state_file: /var/lib/octopus/services.json }');
  assert.equal(absolute.config.farp.state_file, '/var/lib/octopus/services.json');
});

test('the state file is no configuration', async () => {
  const text = 'farp: { state_file: services.json }\n';
  await inFolder({ 'octopus.yaml': text }, async (folder) => {
    const load = (paths: string[]) => loadConfig({ paths, env: {}, builtins: BUILTIN_PLUGINS });
    const directory = await load([folder]);
    assert.match(JSON.stringify(directory), /would be read as configuration/);
    assert.equal((await load([path.join(folder, 'octopus.yaml')])).ok, true);
  });
});

test('registrations without tokens are warned of where others reach them', async () => {
  const open = 'farp: { enabled: true, push: { auth: { type: none } } }\n';
  const [warning] = await warningsOf(`server: { host: 0.0.0.0 }\n${open}`);
  assert.match(warning ?? '', /^2:\d+: farp.push.auth: whoever reaches 0.0.0.0:8080 can register/);
  assert.deepEqual(await warningsOf(`server: { host: 127.0.0.1 }\n${open}`), []);
  assert.deepEqual(await warningsOf('server: { host: 0.0.0.0 }\nfarp: { enabled: true }'), []);
});
