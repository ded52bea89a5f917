import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { hashSync } from 'bcryptjs';
import type { Route } from '../routing/model.ts';
import { AdminServer, type AdminServerOptions } from './server.ts';
import type { ServiceSummary } from './service-report.ts';
import type { AdminState, HealthReport, ReloadReport } from './state.ts';

const HEALTH: HealthReport = {
  status: 'ok',
  version: '1.2.3',
  started_at: '2026-01-01T00:00:00.000Z',
  uptime_seconds: 5,
  workers: { wanted: 2, serving: 2, restarts: 0 },
  config: { version: 1, applied_at: '2026-01-01T00:00:00.000Z', routes: 1, upstreams: 1 },
  last_reload: null,
};

function route(at: number): Route {
  return {
    id: `r${at}`,
    source: 'file',
    origin: `routes.yaml:${at}:1`,
    path: `/api/${at}/{id}`,
    methods: ['GET'],
    host: '',
    headers: [{ name: 'x-version', kind: 'regex', value: '^2' }],
    query: [{ name: 'beta', kind: 'exact', value: '1' }],
    priority: 0,
    action: {
      kind: 'proxy',
      targets: [{ upstream: 'users', weight: 1 }],
      rewrite: { stripPrefix: '/api', rules: [], addPrefix: '' },
      preserveHost: false,
      timeout: 5_000,
      retries: {
        attempts: 2,
        on: ['connect-failure', 502],
        perTryTimeout: 0,
        budget: 0.2,
        bodyLimit: 65_536,
      },
      webSocket: { idleTimeout: 60_000, maxDuration: 0, origins: ['*'] },
      eventStream: { heartbeat: 15_000, idleTimeout: 0 },
    },
    plugins: ['cors@1'],
  };
}

const SERVICE: ServiceSummary = {
  name: 'orders',
  state: 'serving',
  version: '1.0.0',
  instances: 2,
  routes: { openapi: 3 },
  since: '2026-01-01T00:00:00.000Z',
  changed_at: '2026-01-01T00:00:00.000Z',
  last_error: '',
  last_error_at: null,
};

class FakeState implements AdminState {
  report: HealthReport = HEALTH;
  notReady = '';
  list: Route[] = [route(1)];
  reloads = 0;
  result: ReloadReport = { ok: true, version: 2 };
  metricsText = '# HELP a b\n# TYPE a counter\na_total 1\n';
  failure: Error | null = null;

  health = () => this.report;
  readiness = () => ({ ready: this.notReady === '', reason: this.notReady });
  routes = () => this.list;
  conflicts = () => [{ winner: route(1), loser: route(2), methods: ['GET'] }];
  refused = () => [{ route: route(3), reason: 'the host is not valid' }];
  upstreams = () => [
    {
      name: 'users',
      load_balance: 'round-robin',
      circuit_breaker: 'closed' as const,
      endpoints: [
        {
          address: '127.0.0.1:1',
          weight: 1,
          health: 'unhealthy' as const,
          in_flight: 3,
          ejected: false,
          ejected_until: null,
          ejections: 2,
          last_check: '2026-01-01T00:00:00.000Z',
          last_check_error: 'connection refused',
        },
      ],
    },
  ];
  plugins = () => [{ id: 'cors@1', name: 'cors', version: '1.0.0', module: '', unavailable: '' }];
  services = () => ({ services: [SERVICE], backends: [], refused: [] });
  service = (name: string) =>
    name === 'orders'
      ? {
          ...SERVICE,
          manifest: null,
          schemas: [],
          instance_list: [],
          route_list: [],
          problems: [],
          history: [],
        }
      : null;
  config = () => {
    if (this.failure) throw this.failure;
    return { server: { http_port: 8080 } };
  };
  reload = async () => {
    this.reloads++;
    return this.result;
  };
  document = async (kind: string, format: string, host: string) => ({
    body: `${kind} ${format} for ${host} ${'x'.repeat(3000)}`,
    etag: '"tag"',
  });
  metrics = async (format: 'prometheus' | 'openmetrics') => ({
    contentType: `test/${format}`,
    body: this.metricsText,
  });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

interface AskOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const cleanups: (() => Promise<void>)[] = [];
after(() => Promise.all(cleanups.map((close) => close())));

async function start(options: Partial<AdminServerOptions> = {}) {
  const state = new FakeState();
  const errors: string[] = [];
  const server = new AdminServer({
    address: { host: '127.0.0.1', port: 0 },
    auth: null,
    metricsPath: '/metrics',
    metricsPublic: false,
    state,
    onError: (_, fields) => errors.push(String(fields['error'])),
    ...options,
  });
  const port = await server.listen();
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await server.close();
  };
  cleanups.push(close);
  const ask = (path: string, { method = 'GET', headers = {}, body }: AskOptions = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        { host: '127.0.0.1', port, path, method, headers, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const bytes = Buffer.concat(chunks);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: bytes.toString(),
              bytes,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return { state, server, port, ask, errors, close };
}

function credentials(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

test('health, liveness and readiness', async () => {
  const { state, ask } = await start();
  const health = await ask('/_/health');
  assert.equal(health.status, 200);
  assert.deepEqual(JSON.parse(health.body), HEALTH);
  state.report = { ...HEALTH, status: 'degraded' };
  assert.equal((await ask('/_/health')).status, 200);
  for (const status of ['starting', 'draining'] as const) {
    state.report = { ...HEALTH, status };
    assert.equal((await ask('/_/health')).status, 503);
  }
  assert.deepEqual(JSON.parse((await ask('/_/ready')).body), { ready: true });
  state.notReady = 'draining';
  const ready = await ask('/_/ready');
  assert.equal(ready.status, 503);
  assert.deepEqual(JSON.parse(ready.body), { ready: false, reason: 'draining' });
  assert.equal((await ask('/_/live')).status, 200);
});

test('routes with conflicts and refusals', async () => {
  const { ask } = await start();
  const { status, headers, body } = await ask('/_/routes');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/json');
  const { routes, conflicts, refused } = JSON.parse(body);
  assert.deepEqual(routes, [
    {
      id: 'r1',
      host: '',
      path: '/api/1/{id}',
      methods: ['GET'],
      headers: { 'x-version': { regex: '^2' } },
      query: { beta: '1' },
      priority: 0,
      upstream: 'users',
      strip_prefix: '/api',
      rewrite: [],
      add_prefix: '',
      preserve_host: false,
      timeout_ms: 5000,
      retries: { attempts: 2, on: ['connect-failure', 502], per_try_timeout_ms: 0, budget: 0.2 },
      websocket: { idle_timeout_ms: 60_000, max_duration_ms: 0, origins: ['*'] },
      sse: { heartbeat_ms: 15_000, idle_timeout_ms: 0 },
      middleware: ['cors@1'],
      source: 'file',
      origin: 'routes.yaml:1:1',
    },
  ]);
  assert.deepEqual(conflicts, [
    {
      route: 'r2',
      origin: 'routes.yaml:2:1',
      winner: 'r1',
      winner_origin: 'routes.yaml:1:1',
      methods: ['GET'],
    },
  ]);
  assert.deepEqual(refused, [{ route: 'r3', origin: 'routes.yaml:3:1', reason: 'the host is not valid' }]);
});

test('no routes at all are still valid JSON', async () => {
  const { state, ask } = await start();
  state.list = [];
  assert.deepEqual(JSON.parse((await ask('/_/routes')).body).routes, []);
});

test('100,000 routes do not keep health checks waiting', async () => {
  const { state, ask } = await start();
  state.list = Array.from({ length: 100_000 }, (_, at) => route(at));
  let isDone = false;
  const list = ask('/_/routes').then((answer) => {
    isDone = true;
    return answer;
  });
  let checks = 0;
  let longest = 0;
  while (!isDone) {
    const before = performance.now();
    await ask('/_/live');
    longest = Math.max(longest, performance.now() - before);
    checks++;
  }
  const { body } = await list;
  assert.equal(JSON.parse(body).routes.length, 100_000);
  assert.ok(checks > 5, `${checks} health checks answered meanwhile, the slowest in ${longest} ms`);
});

test('upstreams, plugins and configuration', async () => {
  const { ask, state } = await start();
  assert.deepEqual(JSON.parse((await ask('/_/upstreams')).body), { upstreams: state.upstreams() });
  assert.deepEqual(JSON.parse((await ask('/_/plugins')).body), { plugins: state.plugins() });
  assert.deepEqual(JSON.parse((await ask('/_/services')).body), state.services());
  assert.deepEqual(JSON.parse((await ask('/_/services/orders')).body), state.service('orders'));
  assert.equal((await ask('/_/services/nobody')).status, 404);
  assert.equal((await ask('/_/services/orders/more')).status, 404);
  assert.deepEqual(JSON.parse((await ask('/_/config')).body), { server: { http_port: 8080 } });
});

test('reload: done, refused, and only by POST', async () => {
  const { ask, state } = await start();
  const done = await ask('/_/reload', { method: 'POST', body: 'ignored' });
  assert.equal(done.status, 200);
  assert.deepEqual(JSON.parse(done.body), { ok: true, version: 2 });
  state.result = { ok: false, problems: ['a.yaml:1:2: unknown key'] };
  const refused = await ask('/_/reload', { method: 'POST' });
  assert.equal(refused.status, 422);
  assert.equal(refused.headers['content-type'], 'application/problem+json');
  assert.deepEqual(JSON.parse(refused.body).problems, ['a.yaml:1:2: unknown key']);
  assert.equal(state.reloads, 2);
  for (const method of ['GET', 'HEAD', 'PUT']) {
    const answer = await ask('/_/reload', { method });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.allow, 'POST');
  }
  assert.equal(state.reloads, 2);
});

test('a page of another site cannot reload', async () => {
  const { ask, state, port } = await start();
  for (const headers of [
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'null' },
  ]) {
    assert.equal(
      (await ask('/_/reload', { method: 'POST', headers: headers as Record<string, string> })).status,
      403,
    );
  }
  assert.equal(state.reloads, 0);
  const own = { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' };
  assert.equal((await ask('/_/reload', { method: 'POST', headers: own })).status, 200);
});

test('a large body is refused', async () => {
  const { ask, state } = await start();
  const answer = await ask('/_/reload', { method: 'POST', body: 'x'.repeat(65_537) });
  assert.equal(answer.status, 413);
  assert.equal(state.reloads, 0);
});

test('unknown paths and methods get a problem document', async () => {
  const { ask } = await start();
  for (const path of ['/nothing', '/_/', '/_/healthy/', '/_/HEALTH', '//', '*']) {
    const answer = await ask(path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(JSON.parse(answer.body).status, 404);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    const answer = await ask('/_/health', { method });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers.allow, 'GET, HEAD');
  }
});

test('every answer forbids storing and sniffing, HEAD gets the same header without the body', async () => {
  const { ask, state } = await start();
  state.metricsText = 'metric 1\n'.repeat(1_000);
  for (const path of [
    '/',
    '/_/health',
    '/_/live',
    '/_/ready',
    '/_/routes',
    '/_/upstreams',
    '/_/config',
    '/metrics',
    '/nothing',
  ]) {
    const get = await ask(path);
    const head = await ask(path, { method: 'HEAD' });
    for (const { headers } of [get, head]) {
      assert.equal(headers['cache-control'], 'no-store', path);
      assert.equal(headers['x-content-type-options'], 'nosniff', path);
      assert.equal(headers['access-control-allow-origin'], undefined, path);
    }
    assert.equal(head.status, get.status, path);
    assert.equal(head.headers['content-length'], get.headers['content-length'], path);
    assert.equal(head.headers['content-type'], get.headers['content-type'], path);
    assert.equal(head.body, '', path);
    assert.notEqual(get.body, '', path);
  }
});

test('metrics: format, compression, path, and none at all', async () => {
  const { ask, state, server } = await start();
  assert.equal((await ask('/metrics?x=1')).headers['content-type'], 'test/prometheus');
  const openMetrics = await ask('/metrics', {
    headers: { accept: 'application/openmetrics-text;version=1.0.0' },
  });
  assert.equal(openMetrics.headers['content-type'], 'test/openmetrics');
  state.metricsText = 'metric 1\n'.repeat(1_000);
  const compressed = await ask('/metrics', { headers: { 'accept-encoding': 'br, gzip;q=0.5' } });
  assert.equal(compressed.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(compressed.bytes).toString(), state.metricsText);
  for (const encoding of ['identity', 'br', 'gzip;q=0', 'gzip; q=0.000', 'xgzip']) {
    const plain = await ask('/metrics', { headers: { 'accept-encoding': encoding } });
    assert.equal(plain.headers['content-encoding'], undefined, encoding);
    assert.equal(plain.body, state.metricsText);
  }
  server.update({ auth: null, metricsPath: '/prometheus', metricsPublic: false });
  assert.equal((await ask('/prometheus')).status, 200);
  assert.equal((await ask('/metrics')).status, 404);
  server.update({ auth: null, metricsPath: '', metricsPublic: false });
  assert.equal((await ask('/prometheus')).status, 404);
  server.update({ auth: null, metricsPath: '/_/health', metricsPublic: false });
  assert.deepEqual(JSON.parse((await ask('/_/health')).body), HEALTH);
});

test('the index, as JSON and as a page', async () => {
  const { ask } = await start({ metricsPath: '/m<b>' });
  const json = JSON.parse((await ask('/')).body);
  assert.ok(
    json.paths.some(
      (one: { method: string; path: string }) => one.method === 'POST' && one.path === '/_/reload',
    ),
  );
  const page = await ask('/', { headers: { accept: 'text/html,*/*' } });
  assert.match(String(page.headers['content-type']), /^text\/html/);
  assert.ok(page.body.includes('href="/_/routes"'));
  assert.ok(page.body.includes('/m&#60;b&#62;') && !page.body.includes('<b>'));
});

test('docs/admin-api.md lists every path', async () => {
  const docs = readFileSync(new URL('../../../docs/admin-api.md', import.meta.url), 'utf8');
  const { ask } = await start();
  const { paths } = JSON.parse((await ask('/')).body) as { paths: { method: string; path: string }[] };
  for (const { method, path } of paths)
    assert.ok(docs.includes(`| \`${method} ${path}\` |`), `${method} ${path}`);
});

test('documents are revalidated, compressed and know under which host they are asked for', async () => {
  const { ask, port } = await start();
  const plain = await ask('/_/openapi.json');
  assert.equal(plain.status, 200);
  assert.equal(plain.headers['content-type'], 'application/json');
  assert.equal(plain.headers['cache-control'], 'no-cache');
  assert.ok(plain.body.startsWith(`openapi json for 127.0.0.1:${port} `));
  const again = await ask('/_/openapi.json', {
    headers: { 'if-none-match': `"x", W/${plain.headers.etag}` },
  });
  assert.deepEqual([again.status, again.body], [304, '']);
  const zipped = await ask('/_/openapi.yaml', { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.ok(gunzipSync(zipped.bytes).toString().startsWith('openapi yaml'));
  assert.notEqual(zipped.headers.etag, plain.headers.etag);
  const unchanged = await ask('/_/openapi.yaml', {
    headers: { 'accept-encoding': 'gzip', 'if-none-match': zipped.headers.etag ?? '' },
  });
  assert.equal(unchanged.status, 304);
  const head = await ask('/_/asyncapi.json', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [200, '']);
  assert.ok(Number(head.headers['content-length']) > 3000);
});

test('the reference page brings all that it needs', async () => {
  const { ask } = await start();
  const page = await ask('/_/docs');
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  const assets = [...page.body.matchAll(/(?:href|src)="(docs\/[^"]+)"/g)].map((match) => match[1]);
  assert.equal(assets.length, 3);
  for (const asset of assets) {
    const answer = await ask(`/_/${asset}`);
    assert.equal(answer.status, 200, asset);
    assert.ok(answer.bytes.length > 100);
  }
  assert.doesNotMatch(page.body, /https?:/);
});

test('a slash too many at the end leads to the resource without it', async () => {
  const { ask, state } = await start({
    auth: { username: 'admin', passwordHash: hashSync('pw', 4) },
  });
  const headers = { authorization: `Basic ${btoa('admin:pw')}` };
  const cases: readonly [target: string, goal: string][] = [
    ['/_/docs/', '/_/docs'],
    ['/_/docs/?x=1&y=/', '/_/docs?x=1&y=/'],
    ['/_/services/', '/_/services'],
    ['/_/services/orders/', '/_/services/orders'],
    ['/metrics/', '/metrics'],
  ];
  for (const [target, goal] of cases) {
    const answer = await ask(target, { headers });
    assert.equal(answer.status, 308, target);
    for (const prefix of ['', '/behind/a/proxy'])
      assert.equal(
        new URL(answer.headers.location!, `http://gateway${prefix}${target}`).href,
        `http://gateway${prefix}${goal}`,
      );
    assert.equal((await ask(goal, { headers })).status, 200, goal);
  }
  assert.equal((await ask('/_/reload/', { method: 'POST', headers })).status, 308);
  assert.equal(state.reloads, 0);
  for (const target of ['/nothing/', '/_/docs//', '/_/'])
    assert.equal((await ask(target, { headers })).status, 404, target);
  assert.equal((await ask('/_/ready/')).status, 308);
  assert.equal((await ask('/_/docs/')).status, 401);
});

test('credentials are needed for everything but health, liveness and readiness', async () => {
  const auth = { username: 'admin', passwordHash: hashSync('pw', 4) };
  const { ask, state, server } = await start({ auth });
  for (const path of ['/_/health', '/_/live', '/_/ready']) assert.equal((await ask(path)).status, 200, path);
  const closed = [
    '/',
    '/_/routes',
    '/_/upstreams',
    '/_/plugins',
    '/_/services',
    '/_/services/orders',
    '/_/config',
    '/metrics',
    '/nothing',
    '/_/health/../config',
  ];
  for (const path of closed) {
    const answer = await ask(path);
    assert.equal(answer.status, 401, path);
    assert.match(String(answer.headers['www-authenticate']), /^Basic realm=/);
    assert.equal((await ask(path, { headers: credentials('admin', 'wrong') })).status, 401, path);
    const expected = path === '/nothing' || path.includes('..') ? 404 : 200;
    assert.equal((await ask(path, { headers: credentials('admin', 'pw') })).status, expected, path);
  }
  assert.equal((await ask('/_/reload', { method: 'POST' })).status, 401);
  assert.equal(state.reloads, 0);
  assert.equal((await ask('/_/reload', { method: 'POST', headers: credentials('admin', 'pw') })).status, 200);

  server.update({ auth, metricsPath: '/metrics', metricsPublic: true });
  assert.equal((await ask('/metrics')).status, 200);
  assert.equal((await ask('/_/config')).status, 401);
  // Remembered answers do not outlive a change of the password.
  server.update({
    auth: { ...auth, passwordHash: hashSync('new', 4) },
    metricsPath: '/metrics',
    metricsPublic: false,
  });
  assert.equal((await ask('/_/config', { headers: credentials('admin', 'pw') })).status, 401);
  assert.equal((await ask('/_/config', { headers: credentials('admin', 'new') })).status, 200);
});

for (const stage of ['waits for its turn', 'is compared', 'has come too early for the pool']) {
  test(`a password that changes while one ${stage} counts at once`, async () => {
    const settings = (passwordHash: string) => ({
      auth: { username: 'admin', passwordHash },
      metricsPath: '/metrics',
      metricsPublic: false,
    });
    const { ask, server, errors } = await start(settings(hashSync('old', 12)));
    // Starts the thread that compares.
    if (stage !== 'has come too early for the pool')
      await ask('/_/config', { headers: credentials('x', 'x') });
    const answers = Promise.all(
      ['old', 'new'].map((password) => ask('/_/config', { headers: credentials('admin', password) })),
    );
    await sleep(stage === 'is compared' ? 50 : 5);
    server.update(settings(hashSync('new', 4)));
    assert.deepEqual(
      (await answers).map(({ status }) => status),
      [401, 200],
    );
    assert.deepEqual(errors, []);
  });
}

test('a defect in an answer is a 500 that tells the client nothing', async () => {
  const { ask, state, errors } = await start();
  state.failure = new Error('secret detail');
  const answer = await ask('/_/config');
  assert.equal(answer.status, 500);
  assert.ok(!answer.body.includes('secret detail'));
  assert.match(errors[0] ?? '', /secret detail/);
  assert.equal((await ask('/_/live')).status, 200);
});

test('a taken port rejects', async () => {
  const { port } = await start();
  const second = new AdminServer({
    address: { host: '127.0.0.1', port },
    auth: null,
    metricsPath: '',
    metricsPublic: false,
    state: new FakeState(),
    onError: () => {},
  });
  await assert.rejects(second.listen(), { code: 'EADDRINUSE' });
});

test('closing ends idle connections at once and stuck ones after a second', async () => {
  const { port, close } = await start();
  const idle = connect(port, '127.0.0.1');
  const stuck = connect(port, '127.0.0.1');
  stuck.write('GET /_/health HTTP/1.1\r\nHost: a\r\n');
  const ended = Promise.all(
    [idle, stuck].map(
      (socket) =>
        new Promise((resolve) =>
          socket
            .on('close', resolve)
            .on('error', () => {})
            .resume(),
        ),
    ),
  );
  await sleep(50);
  const before = performance.now();
  await close();
  await ended;
  assert.ok(performance.now() - before < 3_000);
});

test('a request that does not get finished is ended', { timeout: 30_000 }, async () => {
  const { port } = await start();
  const socket = connect(port, '127.0.0.1');
  const before = performance.now();
  const drip = setInterval(() => socket.write('x'), 500);
  let text = '';
  socket.write('GET /_/health HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  await new Promise((resolve) =>
    socket
      .on('data', (chunk) => (text += chunk))
      .on('error', () => {})
      .on('close', resolve),
  );
  clearInterval(drip);
  assert.match(text, /^HTTP\/1\.1 408 /);
  assert.ok(performance.now() - before < 15_000);
});
