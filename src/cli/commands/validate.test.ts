import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../../test/support/config-files.ts';
import { command as schema } from './schema.ts';
import { command as validate } from './validate.ts';

async function run(command: typeof validate, paths: readonly string[], env: Record<string, string> = {}) {
  let out = '';
  let err = '';
  const code = await command.run({
    values: { config: paths },
    positionals: [],
    env,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { code, out, err };
}

test('validate: a good configuration is summed up, with warnings and what is not active', async () => {
  const text =
    'observability: { tracing: { enabled: true, endpoint: "http://a:4317" } }\nmiddleware: [cors]\nupstreams: [{ name: a, endpoints: ["a:1"] }]\nroutes: [{ path: /a, upstream: a }, { path: /b, upstream: a }]\n';
  await inFolder({ 'octopus.yaml': text }, async (folder) => {
    const { code, out, err } = await run(validate, [folder]);
    assert.equal(code, 0);
    assert.equal(out, 'valid: 2 routes, 1 upstream, 1 plugin, 1 warning\n');
    assert.match(
      err,
      /^\S+octopus\.yaml:1:1: warning: the admin API at 0\.0\.0\.0:9090 asks for no password.*\nnote: Export of traces is not active yet: /,
    );
  });
});

test('validate: every problem of every file, exit code 1', async () => {
  await inFolder(
    { 'a.yaml': 'server: { http_prot: 1 }\nadmin: { enabled: false }\n', 'b.json': '{"routes": [{}]}' },
    async (folder) => {
      const { code, out, err } = await run(validate, [
        path.join(folder, 'a.yaml'),
        path.join(folder, 'b.json'),
      ]);
      assert.equal(code, 1);
      assert.equal(out, '');
      assert.equal(
        err.replaceAll(`${folder}/`, ''),
        'a.yaml:1:11: unknown key "http_prot" in server. Did you mean "http_port"?\n' +
          'b.json:1:13: a route needs a path such as /api/users/{id} or /static/*, or grpc\n' +
          'refused: 2 errors\n',
      );
    },
  );
});

test('validate: certificates that cannot be read are warnings that say so', async () => {
  const text = `server: { https_port: 8443 }
tls: { enabled: true, cert: /nowhere/cert.pem, key: /nowhere/key.pem }
admin: { enabled: false }
routes: [{ path: /a, respond: {} }]
`;
  await inFolder({ 'octopus.yaml': text }, async (folder) => {
    const { code, out, err } = await run(validate, [folder]);
    assert.equal(code, 0);
    assert.equal(out, 'valid: 1 route, 0 upstreams, 0 plugins, 2 warnings\n');
    assert.match(
      err,
      /:2:\d+: tls\.cert: \/nowhere\/cert\.pem cannot be read: .*"octopus run" will refuse this/,
    );
  });
});

test('validate: variables of the invocation count', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the notation of the configuration
  await inFolder({ 'octopus.yaml': 'server: { via: "${NAME}" }\n' }, async (folder) => {
    assert.equal((await run(validate, [folder])).code, 1);
    assert.equal((await run(validate, [folder], { NAME: 'edge' })).code, 0);
  });
});

test('schema: prints a JSON Schema', async () => {
  const { code, out } = await run(schema, []);
  assert.equal(code, 0);
  const document = JSON.parse(out);
  assert.equal(document.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.ok(document.properties.routes.items.properties.path.description.length > 0);
});
