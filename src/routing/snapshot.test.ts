import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { exact, regex, routeOf } from '../../test/support/route-records.ts';
import { compileSnapshot } from './compile.ts';
import { METHOD_NOT_ALLOWED, NO_ROUTE } from './matcher.ts';
import type { Route } from './model.ts';
import { NO_FIELDS, type PredicateSource } from './predicates.ts';
import { Snapshot } from './snapshot.ts';

function snapshotOf(...routes: Route[]): Snapshot {
  return new Snapshot(compileSnapshot({ routes, upstreams: [], plugins: [] }, 1).buffer);
}

/** Finds `[METHOD] [host]/path` and names the route's id, or the reason why there is none. */
function found(snapshot: Snapshot, request: string, source: PredicateSource = NO_FIELDS): string {
  const [, method = '', host = '', path = ''] = /^(?:(\S+) )?([^/]*)(.*)$/s.exec(request)!;
  const index = snapshot.find(host, path, method || 'GET', source);
  if (index === NO_ROUTE) return 'no route';
  return index === METHOD_NOT_ALLOWED ? 'method not allowed' : snapshot.route(index).id;
}

function fields(headers: Record<string, string>, query: Record<string, string> = {}): PredicateSource {
  return { header: (name) => headers[name], query: (name) => query[name] };
}

function checkAll(snapshot: Snapshot, expected: Record<string, string>): void {
  for (const [request, id] of Object.entries(expected)) assert.equal(found(snapshot, request), id, request);
}

test('static beats parameter beats tail, and the walk comes back from dead ends', () => {
  checkAll(
    snapshotOf(
      routeOf('/*'),
      routeOf('/users/{id}'),
      routeOf('/users/me'),
      routeOf('/users/{id}/posts'),
      routeOf('/users/me/settings'),
      routeOf('/users/{rest*}'),
    ),
    {
      '/users/me': '/users/me',
      '/users/mel': '/users/{id}',
      '/users/7': '/users/{id}',
      '/users/me/posts': '/users/{id}/posts',
      '/users/me/settings': '/users/me/settings',
      '/users/me/other': '/users/{rest*}',
      '/users/': '/*',
      '/users': '/*',
      '/': '/*',
    },
  );
});

test('a wildcard matches below its prefix, also nothing, but not the prefix without the slash', () => {
  checkAll(snapshotOf(routeOf('/static/*')), {
    '/static/': '/static/*',
    '/static/a/b/': '/static/*',
    '/static//': '/static/*',
    '/static': 'no route',
    '/statics/a': 'no route',
    '/': 'no route',
  });
});

test('a rest parameter needs at least one character', () => {
  const snapshot = snapshotOf(routeOf('/files/{rest*}'), routeOf('/files/*', { id: 'below' }));
  checkAll(snapshot, { '/files/a': '/files/{rest*}', '/files/a/b/': '/files/{rest*}', '/files/': 'below' });
});

test('parameters never match an empty segment and never cross a slash', () => {
  checkAll(snapshotOf(routeOf('/a/{x}/b')), {
    '/a//b': 'no route',
    '/a/x/y/b': 'no route',
    '/a/x/b': '/a/{x}/b',
  });
});

test('paths are matched with case and with trailing slash', () => {
  checkAll(snapshotOf(routeOf('/Users'), routeOf('/users/')), {
    '/Users': '/Users',
    '/users': 'no route',
    '/users/': '/users/',
    '/Users/': 'no route',
  });
});

test('text around parameters: longer literals are tried first', () => {
  const snapshot = snapshotOf(
    routeOf('/{id}'),
    routeOf('/{id}:activate'),
    routeOf('/report.{format}'),
    routeOf('/{base}...{head}'),
    routeOf('/v{version}/x'),
  );
  checkAll(snapshot, {
    '/7': '/{id}',
    '/7:activate': '/{id}:activate',
    '/a:b:activate': '/{id}:activate',
    '/:activate': '/{id}',
    '/report.csv': '/report.{format}',
    '/report.': '/{id}',
    '/main...dev': '/{base}...{head}',
    '/...dev': '/{id}',
    '/v2/x': '/v{version}/x',
    '/v/x': 'no route',
  });
});

test('captured parameters', () => {
  const snapshot = snapshotOf(routeOf('/{base}...{head}/v{n}/{rest*}'));
  const path = '/a.b....c/v2/x%20y/%E2%82%AC/%ff';
  const index = snapshot.find('', path, 'GET', NO_FIELDS);
  assert.equal(index, 0);
  const params = snapshot.params(index, path);
  assert.equal(Object.getPrototypeOf(params), null);
  assert.deepEqual({ ...params }, { base: 'a.b', head: '.c', n: '2', rest: 'x%20y/%E2%82%AC/%ff' });
  const decoded = snapshotOf(routeOf('/{a}/{b}'));
  assert.deepEqual(
    { ...decoded.params(decoded.find('', '/%E2%82%AC/a%2Fb', 'GET', NO_FIELDS), '/%E2%82%AC/a%2Fb') },
    {
      a: '\u20ac',
      b: 'a/b',
    },
  );
});

test('parameters are right even when another lookup came between', () => {
  const snapshot = snapshotOf(routeOf('/{a}-{b}/{rest*}'), routeOf('/x/{c}'));
  const path = '/1-2-3/r/%41';
  const index = snapshot.find('', path, 'GET', NO_FIELDS);
  const atOnce = { ...snapshot.params(index, path) };
  assert.deepEqual(atOnce, { a: '1', b: '2-3', rest: 'r/A' });
  snapshot.find('', '/x/other', 'GET', NO_FIELDS);
  assert.deepEqual({ ...snapshot.params(index, path) }, atOnce);
  snapshot.find('', path, 'GET', NO_FIELDS);
  snapshot.allowedMethods('', '/x/other', NO_FIELDS);
  assert.deepEqual({ ...snapshot.params(index, path) }, atOnce);
});

test('hosts: exact, then the longest wildcard, then any; what does not match there falls through', () => {
  const at = (host: string, path: string): Route => routeOf(path, { id: `${host || 'any'} ${path}`, host });
  const snapshot = snapshotOf(
    at('', '/*'),
    at('*.example.com', '/{x}'),
    at('*.eu.example.com', '/a'),
    at('api.eu.example.com', '/b'),
  );
  checkAll(snapshot, {
    'api.eu.example.com/b': 'api.eu.example.com /b',
    'api.eu.example.com/a': '*.eu.example.com /a',
    'api.eu.example.com/c': '*.example.com /{x}',
    'api.eu.example.com/c/d': 'any /*',
    'x.y.example.com/a': '*.example.com /{x}',
    'example.com/a': 'any /*',
    'notexample.com/a': 'any /*',
    'api.eu.example.com.evil.org/b': 'any /*',
    '.example.com/a': 'any /*',
    '/a': 'any /*',
  });
  assert.equal(found(snapshot, `${'a.'.repeat(200)}example.com/a`), 'any /*');
});

test('priority beats host and path, in both directions', () => {
  const snapshot = snapshotOf(
    routeOf('/users/me', { host: 'api.example.com' }),
    routeOf('/users/*', { id: 'maintenance', priority: 10 }),
    routeOf('/users/{id}', { id: 'low', priority: -1 }),
    routeOf('/{any}/{id}', { id: 'normal' }),
  );
  checkAll(snapshot, {
    'api.example.com/users/me': 'maintenance',
    '/users/7': 'maintenance',
    '/teams/7': 'normal',
  });
  const withoutHigh = snapshotOf(
    routeOf('/users/{id}', { id: 'low', priority: -1 }),
    routeOf('/{any}/{id}', { id: 'normal', priority: 0.5 }),
  );
  assert.equal(found(withoutHigh, '/users/7'), 'normal');
});

test('parameters belong to the winner when a better match turns up later', () => {
  const snapshot = snapshotOf(
    routeOf('/a/{one}/c', { id: 'narrow' }),
    routeOf('/{x}/{y}/{z}', { id: 'wide', priority: 1 }),
    routeOf('/a/{rest*}', { id: 'lost', priority: 1, methods: ['POST'] }),
    routeOf('/{all*}', { id: 'last', priority: 0 }),
  );
  const path = '/a/bb/c';
  const index = snapshot.find('', path, 'GET', NO_FIELDS);
  assert.equal(snapshot.route(index).id, 'wide');
  assert.deepEqual({ ...snapshot.params(index, path) }, { x: 'a', y: 'bb', z: 'c' });
  // The first match stays the best here, although the walk goes on and captures others.
  const narrow = snapshotOf(
    routeOf('/a/{one}/c', { id: 'narrow' }),
    routeOf('/{x}/{y}/{z}', { id: 'wide', priority: 1, methods: ['POST'] }),
  );
  assert.deepEqual({ ...narrow.params(narrow.find('', path, 'GET', NO_FIELDS), path) }, { one: 'bb' });
});

test('a parameter of a less specific host does not disturb the match of a better one', () => {
  const snapshot = snapshotOf(
    routeOf('/a/{one}', { host: 'x.com', id: 'host' }),
    routeOf('/{two}/b', { id: 'any', priority: 1, methods: ['POST'] }),
  );
  const index = snapshot.find('x.com', '/a/b', 'GET', NO_FIELDS);
  assert.deepEqual({ ...snapshot.params(index, '/a/b') }, { one: 'b' });
});

test('more predicates win, then listed methods, then the order', () => {
  const snapshot = snapshotOf(
    routeOf('/x', { id: 'any' }),
    routeOf('/x', { id: 'get', methods: ['GET'] }),
    routeOf('/x', { id: 'v2', headers: [exact('x-version', '2')] }),
    routeOf('/x', { id: 'v2 beta', headers: [exact('x-version', '2')], query: [exact('beta', '1')] }),
    routeOf('/x', { id: 'numeric', headers: [regex('x-version', '^\\d+$')] }),
  );
  assert.equal(found(snapshot, '/x'), 'get');
  assert.equal(found(snapshot, 'POST /x'), 'any');
  assert.equal(found(snapshot, '/x', fields({ 'x-version': '2' })), 'v2');
  assert.equal(found(snapshot, '/x', fields({ 'x-version': '2' }, { beta: '1' })), 'v2 beta');
  assert.equal(found(snapshot, '/x', fields({ 'x-version': '33' })), 'numeric');
  assert.equal(found(snapshot, '/x', fields({ 'x-version': 'new' })), 'get');
});

test('HEAD goes to GET routes unless a route lists HEAD', () => {
  const get = routeOf('/x', { id: 'get', methods: ['GET'] });
  assert.equal(found(snapshotOf(get, routeOf('/x', { id: 'any' })), 'HEAD /x'), 'get');
  assert.equal(found(snapshotOf(get, routeOf('/x', { id: 'head', methods: ['HEAD'] })), 'HEAD /x'), 'head');
  assert.equal(found(snapshotOf(get), 'HEAD /x'), 'get');
  assert.equal(found(snapshotOf(routeOf('/x', { methods: ['POST'] })), 'HEAD /x'), 'method not allowed');
});

test('Allow lists what all matching routes accept, HEAD with GET, OPTIONS only when listed (RFC 9110 section 10.2.1)', () => {
  const snapshot = snapshotOf(
    routeOf('/users/{id}', { methods: ['GET'] }),
    routeOf('/users/*', { methods: ['PURGE', 'POST'] }),
    routeOf('/users/{id}', { methods: ['DELETE'], host: 'admin.example.com' }),
    routeOf('/users/{id}', { methods: ['PATCH'], headers: [exact('x-version', '2')] }),
  );
  assert.equal(found(snapshot, 'PUT /users/7'), 'method not allowed');
  assert.deepEqual(snapshot.allowedMethods('', '/users/7', NO_FIELDS), ['GET', 'HEAD', 'POST', 'PURGE']);
  assert.deepEqual(snapshot.allowedMethods('admin.example.com', '/users/7', fields({ 'x-version': '2' })), [
    'GET',
    'HEAD',
    'POST',
    'PATCH',
    'DELETE',
    'PURGE',
  ]);
  // Asking leaves no trace.
  assert.equal(found(snapshot, 'GET /users/7'), '/users/{id}');
});

test('a route whose predicates fail is no reason for 405', () => {
  const snapshot = snapshotOf(routeOf('/x', { methods: ['GET'], headers: [exact('x-version', '2')] }));
  assert.equal(found(snapshot, 'POST /x'), 'no route');
  assert.equal(found(snapshot, 'POST /x', fields({ 'x-version': '2' })), 'method not allowed');
});

test('any number of methods beyond the standard ones', () => {
  const methods = Array.from({ length: 60 }, (_, i) => `M${i}`);
  const snapshot = snapshotOf(
    ...methods.map((method) => routeOf('/x', { id: method, methods: [method] })),
    routeOf('/any', { id: 'any' }),
  );
  for (const method of methods) assert.equal(found(snapshot, `${method} /x`), method);
  assert.equal(found(snapshot, 'M60 /x'), 'method not allowed');
  assert.equal(found(snapshot, 'get /x'), 'method not allowed');
  assert.equal(found(snapshot, 'M60 /any'), 'any');
  assert.equal(snapshot.allowedMethods('', '/x', NO_FIELDS).length, 60);
});

test('many parameters and long paths', () => {
  const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
  const pattern = `/${names.map((name) => `{${name}}`).join('/')}`;
  const snapshot = snapshotOf(routeOf(pattern, { id: 'many' }), routeOf('/x/{rest*}', { id: 'long' }));
  const path = `/${names.map((_, i) => `value-${i}`).join('/')}`;
  const params = snapshot.params(snapshot.find('', path, 'GET', NO_FIELDS), path);
  assert.equal(params['p0'], 'value-0');
  assert.equal(params['p199'], 'value-199');
  assert.equal(found(snapshot, `${path}/more`), 'no route');
  assert.equal(found(snapshot, `/x/${'y/'.repeat(32_000)}`), 'long');
  assert.equal(found(snapshot, `/${'x'.repeat(64_000)}`), 'no route');
});

test('bytes above ASCII and odd targets match only what takes anything', () => {
  const snapshot = snapshotOf(routeOf('/caf\u00e9', { id: 'cafe' }), routeOf('/u/{x}', { id: 'param' }));
  checkAll(snapshot, {
    '/caf%C3%A9': 'cafe',
    '/caf\u00e9': 'no route',
    '/caf\u00c3\u00a9': 'no route',
    '/u/\u00ff\u0080': 'param',
    '/u/\u20ac': 'param',
    '\u20ac': 'no route',
    '': 'no route',
  });
  assert.equal(snapshot.find('', '*', 'OPTIONS', NO_FIELDS), NO_ROUTE);
});

test('no pattern makes a path cost more than the table is large', () => {
  const routes: Route[] = [];
  // Every mixture of static and parameter in ten places: a path of nothing but "a" fits all 1024 of them to the end.
  for (let mix = 0; mix < 1024; mix++) {
    const segments = Array.from({ length: 10 }, (_, i) => ((mix >> i) & 1 ? 'a' : `{p${i}}`));
    routes.push(routeOf(`/${segments.join('/')}/end${mix}`));
  }
  const lazy = Array.from({ length: 40 }, (_, i) => `{p${i}}`).join('-');
  routes.push(routeOf(`/dash/${lazy}`), routeOf(`/dash/${lazy}.x`), routeOf(`/dash/{a}-{b}/{c}-{d}/x`));
  const snapshot = snapshotOf(...routes);
  const started = performance.now();
  for (let i = 0; i < 20; i++) {
    assert.equal(found(snapshot, `${'/a'.repeat(10)}/none`), 'no route');
    assert.equal(found(snapshot, `/dash/${'-'.repeat(30_000)}`), `/dash/${lazy}`);
    assert.equal(found(snapshot, `/dash/${'-'.repeat(30_000)}/y`), 'no route');
  }
  // Exponential work would take longer than the universe has; this is a wide margin over some 10 ms.
  assert.ok(performance.now() - started < 5000);
});

test('deep chains of nested prefixes', () => {
  const routes = Array.from({ length: 3000 }, (_, i) => routeOf(`/${'a'.repeat(i + 1)}`, { id: `r${i}` }));
  const snapshot = snapshotOf(...routes);
  assert.equal(found(snapshot, `/${'a'.repeat(3000)}`), 'r2999');
  assert.equal(found(snapshot, `/${'a'.repeat(1500)}`), 'r1499');
  assert.equal(found(snapshot, `/${'a'.repeat(3001)}`), 'no route');
});

test('the table of paths in docs/routing.md is true', () => {
  const page = readFileSync(new URL('../../../docs/routing.md', import.meta.url), 'utf8');
  const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);
  // Three columns; the table of redirects has four.
  const rows = [...page.matchAll(/^\| (`\/[^|]*) \| ([^|]*) \| ([^|]*) \|$/gm)];
  assert.ok(rows.length >= 7);
  for (const [, patterns, matching, others] of rows) {
    for (const pattern of quoted(patterns!)) {
      const snapshot = snapshotOf(routeOf(pattern, { id: 'it' }));
      for (const path of quoted(matching!)) assert.equal(found(snapshot, path), 'it', `${pattern} ${path}`);
      for (const path of quoted(others!))
        assert.equal(found(snapshot, path), 'no route', `${pattern} ${path}`);
    }
  }
});

test('an empty table', () => {
  const snapshot = snapshotOf();
  assert.equal(snapshot.routeCount, 0);
  assert.equal(found(snapshot, 'x.com/'), 'no route');
  assert.deepEqual(snapshot.upstreams(), []);
  assert.throws(() => snapshot.route(0), RangeError);
});

test('a buffer of something else is refused', () => {
  assert.throws(() => new Snapshot(new SharedArrayBuffer(256)), /no routing snapshot/);
});

test('a worker thread reads the same buffer', async () => {
  const routes = [routeOf('/users/{id}', { headers: [regex('x-version', '^2')] })];
  const { buffer } = compileSnapshot({ routes, upstreams: [], plugins: [] }, 42);
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ Snapshot }) => {
      const snapshot = new Snapshot(workerData.buffer);
      const source = { header: () => '2.1', query: () => undefined };
      const index = snapshot.find('', '/users/7', 'GET', source);
      parentPort.postMessage([snapshot.version, index, { ...snapshot.params(index, '/users/7') }, snapshot.route(index)]);
    });`;
  const module = new URL('./snapshot.js', import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { module, buffer } });
  const answer = await new Promise((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  );
  assert.deepEqual(answer, [42, 0, { id: '7' }, routes[0]]);
  await worker.terminate();
});

test('taking over a large snapshot does not depend on its size', () => {
  const routes = Array.from({ length: 20_000 }, (_, i) => routeOf(`/r${i}/{id}`));
  const { buffer } = compileSnapshot({ routes, upstreams: [], plugins: [] }, 1);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const started = performance.now();
    const snapshot = new Snapshot(buffer);
    assert.equal(snapshot.find('', '/r9999/x', 'GET', NO_FIELDS), 9999);
    best = Math.min(best, performance.now() - started);
  }
  assert.ok(best < 1, `${best} ms`);
});
