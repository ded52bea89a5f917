// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of the configuration
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { errorsOf, inFolder, loadFiles, loadYaml, warningsOf } from '../../test/support/config-files.ts';
import { BUILTIN_PLUGINS } from '../plugins/builtin/registry.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problems.ts';

const root = path.resolve(import.meta.dirname, '../../..');

function load(paths: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return loadConfig({ paths, env, builtins: BUILTIN_PLUGINS });
}

test('an empty map is a whole configuration: every default is filled in', async () => {
  const { config, routeSet, inactive } = await loadYaml('{}');
  assert.equal(config.server.http_port, 8080);
  assert.equal(config.server.limits.request_line, 16 * 1024);
  assert.equal(config.server.limits.keep_alive_timeout, 75_000);
  assert.equal(config.routing.timeout, 30_000);
  assert.equal(config.admin.enabled, true);
  assert.deepEqual(routeSet, { routes: [], upstreams: [], plugins: [] });
  assert.deepEqual(inactive, []);
});

test('the configuration of the mission loads unchanged and says what is not active yet', async () => {
  const result = await load([path.join(root, 'config/mission.yaml')], { JWT_SECRET: 'topsecret' });
  assert.ok(result.ok);
  assert.deepEqual(
    result.warnings.map(({ line, column, message }) => `${line}:${column}: ${message}`),
    [
      '40:11: "/plugins/jwt-auth.so" is no JavaScript module (.js, .mjs, .cjs or an npm package); the plugin "jwt-auth" is not available and routes that use it answer 503',
      '50:20: admin.auth.password_hash is only a placeholder: nobody can log in; make a hash with: npx -p bcryptjs bcrypt PASSWORD',
    ],
  );
  assert.deepEqual(
    result.inactive.map((sentence) => sentence.split(' is not active yet')[0]),
    ['Export of traces'],
  );
  assert.deepEqual(
    result.routeSet.plugins.map(({ name, unavailable }) => [name, unavailable !== '']),
    [
      ['jwt-auth', true],
      ['rate-limit', false],
      ['cors', false],
      ['compression', false],
    ],
  );
  assert.equal(result.config.routing.retries, 3);
  assert.equal(result.config.farp.schema_cache_ttl, 300_000);
});

test('the configuration of the mission needs JWT_SECRET', async () => {
  const result = await load([path.join(root, 'config/mission.yaml')]);
  assert.ok(!result.ok);
  const errors = result.problems.filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    errors.map(({ line, column, message }) => `${line}:${column}: ${message}`),
    ['42:15: the environment variable JWT_SECRET is not set; set it, or give a default: ${JWT_SECRET:-…}'],
  );
});

test('every fault of a broken file is reported at once, with place and advice', async () => {
  const folder = path.join(root, 'src/config/fixtures');
  const result = await load([path.join(folder, 'broken.yaml')]);
  assert.ok(!result.ok);
  const report = `${result.problems.map(formatProblem).join('\n')}\n`.replaceAll(`${folder}/`, '');
  const golden = path.join(folder, 'broken.problems.txt');
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(golden, report);
  assert.equal(report, await readFile(golden, 'utf8'));
});

test('the issue example loads and every key reaches the routing model', async () => {
  const text = await readFile(path.join(root, 'src/config/fixtures/issue.yaml'), 'utf8');
  const { routeSet } = await loadYaml(text);
  const golden = path.join(root, 'src/config/fixtures/issue.routes.json');
  const withoutPlace = {
    ...routeSet,
    routes: routeSet.routes.map((route) => ({ ...route, origin: path.basename(route.origin) })),
  };
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(golden, JSON.stringify(withoutPlace, null, 2));
  assert.deepEqual(withoutPlace, JSON.parse(await readFile(golden, 'utf8')));
});

test('files merge: maps deep, four lists grow, everything else is replaced by the later file', async () => {
  const result = await loadFiles({
    'a.yaml':
      'server: { http_port: 1, trusted_proxies: [10.0.0.1], limits: { body: 1MB } }\nmiddleware: [cors]\nupstreams: [{ name: a, endpoints: ["a:1"] }]\nroutes: [{ path: /a, upstream: a }]\n',
    'b.json':
      '{"server": {"http_port": 2, "trusted_proxies": ["10.0.0.2"], "limits": {"header_count": 9}}, "middleware": ["compression"], "upstreams": [{"name": "b", "endpoints": ["b:1"]}], "routes": [{"path": "/b", "upstream": "b"}]}',
    'c.yml': 'routes:\nserver:\n',
  });
  assert.ok(result.ok);
  const { server, middleware } = result.config;
  assert.equal(server.http_port, 2);
  assert.deepEqual(server.trusted_proxies, ['10.0.0.2']);
  assert.equal(server.limits.body, 1024 ** 2);
  assert.equal(server.limits.header_count, 9);
  assert.deepEqual(middleware, ['cors', 'compression']);
  assert.deepEqual(
    result.routeSet.routes.map(({ path: routePath, origin }) => [routePath, origin.replace(/.*\//, '')]),
    [
      ['/a', 'a.yaml:4:10'],
      ['/b', 'b.json:1:188'],
    ],
  );
});

test('problems of a merged file name the file they come from', async () => {
  const result = await loadFiles({
    'a.yaml': 'upstreams:\n  - { name: users, endpoints: ["a:1"] }\nserver: { http_port: 1 }\n',
    'b.yaml': 'upstreams:\n  - { name: users, endpoints: ["b:1"] }\nserver:\n  http_port: x\n',
  });
  assert.ok(!result.ok);
  const [first, second] = result.problems.map((problem) => formatProblem(problem).replaceAll(/\/\S*\//g, ''));
  assert.equal(
    first,
    'b.yaml:2:13: the upstream "users" is already defined at a.yaml:2:13; rename or remove one of them',
  );
  assert.equal(second, 'b.yaml:4:14: server.http_port: expected a port from 0 to 65535, got "x"');
});

test('a directory stands for its configuration files in order of name', async () => {
  await inFolder({}, async (folder) => {
    const directory = path.join(folder, 'conf.d');
    await mkdir(path.join(directory, 'sub.yaml'), { recursive: true });
    const files = {
      '20-b.yaml': 'server: { http_port: 20 }',
      '10-a.json': '{"server": {"http_port": 10, "via": "ten"}}',
      '.hidden.yaml': 'server: { http_port: 1 }',
      '#30.yaml#': 'server: { http_port: 2 }',
      '30.yaml~': 'server: { http_port: 3 }',
      '30.bak.yaml': 'server: { http_port: 4 }',
      'notes.txt': 'no configuration',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
    const refused = await load([directory]);
    assert.ok(!refused.ok, 'a directory named like a file cannot be read');
    assert.match(refused.problems.map(formatProblem).join('\n'), /sub\.yaml: cannot be read: is a directory/);
    await import('node:fs/promises').then((fs) =>
      fs.rm(path.join(directory, 'sub.yaml'), { recursive: true }),
    );

    const result = await load([directory]);
    assert.ok(result.ok, JSON.stringify(result));
    assert.equal(result.config.server.http_port, 20);
    assert.equal(result.config.server.via, 'ten');
    assert.deepEqual(
      result.files.map((file) => path.relative(folder, file)),
      ['conf.d', 'conf.d/10-a.json', 'conf.d/20-b.yaml'],
    );
  });
});

test('files that cannot be read are named', async () => {
  await inFolder({ 'latin1.yaml': '' }, async (folder) => {
    await mkdir(path.join(folder, 'empty'));
    await writeFile(path.join(folder, 'latin1.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
    const result = await load(['none.yaml', 'empty', 'latin1.yaml'].map((name) => path.join(folder, name)));
    assert.ok(!result.ok);
    assert.deepEqual(
      result.problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, '')),
      [
        'none.yaml: cannot be read: no such file or directory',
        'empty: the directory holds no *.yaml, *.yml or *.json file',
        'latin1.yaml: the file is not UTF-8 text',
      ],
    );
    assert.equal(result.files.length, 3, 'also refused files are watched, so that mending them is noticed');
  });
});

test('a file that holds no keys is refused', async () => {
  assert.deepEqual(await errorsOf('- a\n'), [
    '1:1: expected keys such as "server:" and "routes:", got a list',
  ]);
  assert.deepEqual(await errorsOf('hello\n'), [
    '1:1: expected keys such as "server:" and "routes:", got a single value',
  ]);
  assert.deepEqual(await errorsOf(''), ['1:1: the file is empty; write {} if that is meant']);
});

test('variables become numbers and switches only where those are wanted', async () => {
  const { config, routeSet } = await loadYaml(
    [
      'server: { http_port: "${PORT}", workers: "${WORKERS}", via: "${NUMBER}", limits: { body: "${BODY}" } }',
      'admin: { enabled: "${OFF}" }',
      'routing: { retries: "${TRIES}", circuit_breaker: "${OFF}" }',
      'routes: [{ path: /, middleware: [{ name: rate-limit, config: { limit: "${LIMIT}", window: 1m } }], respond: { body: "${NUMBER}" } }]',
    ].join('\n'),
    { PORT: '8123', WORKERS: '2', NUMBER: '42', BODY: '1MB', OFF: 'false', TRIES: '1', LIMIT: '7' },
  );
  assert.equal(config.server.http_port, 8123);
  assert.equal(config.server.workers, 2);
  assert.equal(config.server.via, '42');
  assert.equal(config.server.limits.body, 1024 ** 2);
  assert.equal(config.admin.enabled, false);
  assert.equal(config.routing.retries, 1);
  assert.equal(config.routing.circuit_breaker, false);
  const { limit, window } = routeSet.plugins[0]!.config as Readonly<Record<string, unknown>>;
  assert.deepEqual({ limit, window }, { limit: 7, window: 60_000 });
  assert.equal(routeSet.routes[0]?.action.kind === 'respond' && routeSet.routes[0].action.body, '42');
});

test('what a variable holds can neither add keys nor be interpolated again', async () => {
  const { config } = await loadYaml(
    'server:\n  via: a\nupstreams:\n  - name: a\n    endpoints: ["${HOST}:80"]\n',
    { HOST: 'h' },
  );
  assert.equal(config.upstreams[0]?.endpoints?.[0]?.address, 'h:80');
  assert.deepEqual(await errorsOf('server:\n  via: ${EVIL}\n', { EVIL: 'x\n  http_port: 1' }), [
    '2:8: server.via: expected a name of letters, digits, "-" and ".", got the value of "${EVIL}"',
  ]);
  const nested = await loadYaml('observability: { metrics: { path: "/${A}" } }', { A: '$x${B}', B: 'never' });
  assert.equal(nested.config.observability.metrics.path, '/$x${B}');
});

test('variables of the environment override every file', async () => {
  const { config, warnings } = await loadYaml(
    'server: { http_port: 1, limits: { body: 1MB } }\nrouting: { retries: 3, outlier: { eject_for: 1s } }\n',
    {
      OCTOPUS_SERVER_HTTP_PORT: '8200',
      OCTOPUS_SERVER_LIMITS_BODY: '2MB',
      OCTOPUS_SERVER_TRUSTED_PROXIES: '10.0.0.0/8, 192.168.0.0/16',
      OCTOPUS_ROUTING_RETRIES_ATTEMPTS: '5',
      OCTOPUS_ROUTING_RETRIES_ON: 'reset,502',
      OCTOPUS_ROUTING_OUTLIER: 'false',
      OCTOPUS_OBSERVABILITY_LOGGING_ACCESS_LOG_ENABLED: 'false',
      OCTOPUS_ADMIN_ADDRESS: '127.0.0.1:9999',
      DISCOVERY_BACKEND: 'consul',
      OCTOPUS_FARP_ENABLED: 'true',
    },
  );
  assert.equal(config.server.http_port, 8200);
  assert.equal(config.server.limits.body, 2 * 1024 ** 2);
  assert.deepEqual(config.server.trusted_proxies, ['10.0.0.0/8', '192.168.0.0/16']);
  assert.deepEqual(config.routing.retries, { attempts: 5, on: ['reset', 502] });
  assert.equal(config.routing.outlier, false);
  assert.equal(config.observability.logging.access_log.enabled, false);
  assert.equal(config.discovery.backend, 'consul');
  assert.deepEqual(warnings, []);
});

test('OCTOPUS_DISCOVERY_BACKEND is stronger than DISCOVERY_BACKEND', async () => {
  const { config } = await loadYaml('{}', { DISCOVERY_BACKEND: 'consul', OCTOPUS_DISCOVERY_BACKEND: 'etcd' });
  assert.equal(config.discovery.backend, 'etcd');
});

test('a wrong value of a variable is reported under its name, without the value', async () => {
  assert.deepEqual(await errorsOf('{}', { OCTOPUS_SERVER_HTTP_PORT: 'hunter2' }), [
    'environment variable OCTOPUS_SERVER_HTTP_PORT: server.http_port: expected a port from 0 to 65535, got the value of "${OCTOPUS_SERVER_HTTP_PORT}"',
  ]);
});

test('unknown OCTOPUS_ variables are warnings, unless others are known to set them', async () => {
  const env = {
    OCTOPUS_SERVER_HTTP_PROT: '1',
    OCTOPUS_SERVER_ADMN_PORT: '1',
    OCTOPUS_CONFIG: '/etc/octopus',
    OCTOPUS_SERVICE_HOST: '10.0.0.1',
    OCTOPUS_SERVICE_PORT_HTTP: '8080',
    OCTOPUS_PORT: 'tcp://10.0.0.1:8080',
    OCTOPUS_PORT_8080_TCP_ADDR: '10.0.0.1',
    OCTOPUS_OWN_NAME: 'x',
    OCTOPUS_EMPTY: '',
  };
  assert.deepEqual(await warningsOf('server: { via: "${OCTOPUS_OWN_NAME}" }', env), [
    'environment variable OCTOPUS_SERVER_ADMN_PORT: is no setting and has no effect. Did you mean OCTOPUS_SERVER_ADMIN_PORT?',
    'environment variable OCTOPUS_SERVER_HTTP_PROT: is no setting and has no effect. Did you mean OCTOPUS_SERVER_HTTP_PORT?',
  ]);
});

test('keys that begin with x- are the user’s own', async () => {
  const { routeSet } = await loadYaml(
    'x-defaults: &d { upstream: a, timeout: 5s }\nupstreams: [{ name: a, endpoints: ["a:1"] }]\nroutes:\n  - { path: /1, <<: *d }\n  - { path: /2, <<: *d, timeout: 7s }\n',
  );
  assert.deepEqual(
    routeSet.routes.map(({ action }) => (action.kind === 'proxy' ? action.timeout : 0)),
    [5000, 7000],
  );
});

test('ports that clash are found, also against defaults', async () => {
  assert.deepEqual(await errorsOf('server:\n  http_port: 9090\n'), [
    '2:14: server.admin_port and server.http_port are both port 9090; give one of them another',
  ]);
  assert.deepEqual(await errorsOf('server:\n  https_port: 8080\n'), [
    '2:15: server.https_port and server.http_port are both port 8080; give one of them another',
  ]);
  assert.deepEqual(
    await errorsOf('server:\n  host: 10.0.0.1\n  http_port: 9090\nadmin:\n  address: 127.0.0.1:9090\n'),
    [],
    'two addresses, one port',
  );
  assert.deepEqual(await errorsOf('server:\n  http_port: 0\n  admin_port: 0\n'), [], 'two free ports');
  assert.deepEqual(await errorsOf('server:\n  http_port: 9090\nadmin: { enabled: false }\n'), []);
  assert.deepEqual(await errorsOf('server: { admin_port: 9091 }\nadmin:\n  address: 127.0.0.1:9092\n'), [
    '3:12: admin.address says port 9092 but server.admin_port says 9091; take one of them out',
  ]);
});

test('a misspelt key hides no fault that takes the rest of its section to see', async () => {
  assert.deepEqual(await errorsOf('server: { http_port: 8080, admin_port: 8080, workerz: 3 }\n'), [
    '1:40: server.admin_port and server.http_port are both port 8080; give one of them another',
    '1:46: unknown key "workerz" in server. Did you mean "workers"?',
  ]);
  const routes = `upstreams: [{ name: a, endpoints: ["a:1"], sticki: {} }]
routes:
  - { path: /a, upstream: a, retries: { attempt: 1 } }
  - { path: /b, upstream: b, timeot: 3s }
  - { path: /c, upstrem: a }
`;
  assert.deepEqual(await errorsOf(routes), [
    '1:44: unknown key "sticki" in upstreams. Did you mean "sticky"?',
    '3:41: unknown key "attempt" in retries. Did you mean "attempts"?',
    '4:27: there is no upstream "b"; did you mean "a"?',
    '4:30: unknown key "timeot" in routes. Did you mean "timeout"?',
    '5:17: unknown key "upstrem" in routes. Did you mean "upstream"?',
  ]);
});

test('an open admin API is a warning', async () => {
  const open = await loadYaml('server: { host: 0.0.0.0 }');
  assert.match(open.warnings[0]?.message ?? '', /^the admin API at 0\.0\.0\.0:9090 asks for no password/);
  assert.deepEqual((await loadYaml('admin: { address: "127.0.0.1:9090" }')).warnings, []);
  assert.deepEqual((await loadYaml('admin: { enabled: false }')).warnings, []);
});

test('settings that need others say so', async () => {
  assert.deepEqual(await errorsOf('admin:\n  auth: { type: basic }\n'), [
    '2:9: admin.auth: "username" is missing; type basic needs username and password_hash',
    '2:9: admin.auth: "password_hash" is missing; type basic needs username and password_hash',
  ]);
  assert.deepEqual(await errorsOf('admin:\n  auth:\n    username: me\n'), [
    '3:5: admin.auth.username has no effect with type none; write type: basic',
  ]);
  assert.deepEqual(await errorsOf('tls:\n  enabled: true\n  cert: a.pem\n'), [
    '2:3: tls: "key" is missing; enabled TLS needs cert and key',
  ]);
  assert.deepEqual(await errorsOf('observability:\n  tracing: { enabled: true }\n'), [
    '2:12: observability.tracing: "endpoint" is missing; tell where spans are sent, such as http://collector:4317',
  ]);
  assert.deepEqual(await errorsOf('server:\n  dns: { min_ttl: 10m }\n'), [
    '2:8: server.dns: min_ttl is longer than max_ttl',
  ]);
});

test('loading needs a path', async () => {
  await assert.rejects(load([]), TypeError);
});
