import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exact, regex, routeOf } from '../../test/support/route-records.ts';
import { compileSnapshot } from './compile.ts';
import type { PluginInstance, Route, Upstream } from './model.ts';
import { NO_FIELDS } from './predicates.ts';
import { Snapshot } from './snapshot.ts';

function compile(routes: readonly Route[]): ReturnType<typeof compileSnapshot> {
  return compileSnapshot({ routes, upstreams: [], plugins: [] }, 1);
}

function conflictsOf(...routes: Route[]): string[] {
  return compile(routes).conflicts.map(
    ({ winner, loser, methods }) => `${winner.id} beats ${loser.id} for ${methods.join(',') || 'all'}`,
  );
}

test('routes for the same requests conflict: priority decides, then the order', () => {
  assert.deepEqual(conflictsOf(routeOf('/x', { id: 'a' }), routeOf('/x', { id: 'b' })), [
    'a beats b for all',
  ]);
  assert.deepEqual(conflictsOf(routeOf('/x', { id: 'a' }), routeOf('/x', { id: 'b', priority: 1 })), [
    'b beats a for all',
  ]);
  assert.deepEqual(
    conflictsOf(
      routeOf('/x/{a}', { id: 'a', methods: ['GET', 'PUT'] }),
      routeOf('/x/{b}', { id: 'b', methods: ['PUT', 'POST'] }),
      routeOf('/x/{c}', { id: 'c', methods: ['POST', 'GET'] }),
    ),
    ['a beats b for PUT', 'b beats c for POST', 'a beats c for GET'],
  );
  assert.deepEqual(
    conflictsOf(
      routeOf('/x', { id: 'a', headers: [exact('a', '1'), exact('b', '2')] }),
      routeOf('/x', { id: 'b', headers: [exact('b', '2'), exact('a', '1')] }),
    ),
    ['a beats b for all'],
  );
});

test('the loser of a conflict keeps its other methods, and other routes are not touched', () => {
  const { buffer } = compile([
    routeOf('/x', { id: 'a', methods: ['GET'] }),
    routeOf('/x', { id: 'b', methods: ['GET', 'PUT'] }),
    routeOf('/y', { id: 'c' }),
  ]);
  const snapshot = new Snapshot(buffer);
  const found = (method: string, path: string) =>
    snapshot.route(snapshot.find('', path, method, NO_FIELDS)).id;
  assert.equal(found('GET', '/x'), 'a');
  assert.equal(found('PUT', '/x'), 'b');
  assert.equal(found('GET', '/y'), 'c');
});

test('no conflict: other host, shape, methods or predicates, or any method beside listed ones', () => {
  assert.deepEqual(
    conflictsOf(
      routeOf('/x/{a}'),
      routeOf('/x/{a}', { host: 'x.com' }),
      routeOf('/x/{a}', { host: '*.x.com' }),
      routeOf('/x/{a}:go'),
      routeOf('/x/{a*}'),
      routeOf('/x/*'),
      routeOf('/x/{a}', { methods: ['GET'] }),
      routeOf('/x/{a}', { methods: ['HEAD'] }),
      routeOf('/x/{a}', { headers: [exact('v', '1')] }),
      routeOf('/x/{a}', { headers: [regex('v', '1')] }),
      routeOf('/x/{a}', { query: [exact('v', '1')] }),
    ),
    [],
  );
});

test('a bad route is refused with its reason and the rest is applied', () => {
  const { buffer, refused } = compile([
    routeOf('/good'),
    routeOf('bad'),
    routeOf('/{a}/{a}'),
    routeOf('/re', { headers: [regex('x', '(')] }),
    routeOf('/host', { host: 'b\u00fccher.de' }),
    routeOf('/host', { host: '.x.com' }),
    routeOf('/host', { host: 'a.*.com' }),
    routeOf('/host', { host: '*.' }),
    routeOf('/also-good'),
  ]);
  assert.deepEqual(
    refused.map(({ route, reason }) =>
      `${route.path} ${reason}`.replace(/: (Invalid regular|"|host).*/s, ': …'),
    ),
    [
      'bad path "bad": a path begins with "/"',
      '/{a}/{a} path "/{a}/{a}": parameter "a" occurs twice',
      '/re predicate on x: …',
      '/host host "b\u00fccher.de" is neither an ASCII host name nor "*." and one',
      '/host host ".x.com" is neither an ASCII host name nor "*." and one',
      '/host host "a.*.com" is neither an ASCII host name nor "*." and one',
      '/host host "*." is neither an ASCII host name nor "*." and one',
    ],
  );
  const snapshot = new Snapshot(buffer);
  assert.equal(snapshot.routeCount, 2);
  assert.equal(snapshot.route(snapshot.find('', '/also-good', 'GET', NO_FIELDS)).path, '/also-good');
});

test('records come back as they went in', () => {
  const upstreams = ['users', 'caf\u00e9 \u{1f419}', '__proto__', ''].map(
    (name, slot): Upstream => ({
      name,
      slot,
      endpoints: [{ address: '[::1]:80', host: '::1', port: 80, tls: slot === 1, weight: 3, slot: -1 }],
      loadBalance: 'consistent-hash',
      hashOn: slot === 0 ? { kind: 'header', name: 'x-user' } : null,
      sticky: slot === 1 ? { cookie: 'c', ttl: 3_600_000 } : null,
      healthCheck: null,
      outlier: null,
      circuitBreaker: null,
      connections: { max: 1024, idleTimeout: 60_000 },
      pipelining: 1,
      protocol: 'h1',
      tls: { serverName: '', verify: true, credentials: '' },
      timeouts: { connect: 2000, firstByte: 15_000, idle: 60_000, total: 0 },
    }),
  );
  // More shapes of configuration than msgpackr keeps shared records for.
  const plugins = Array.from(
    { length: 300 },
    (_, i): PluginInstance => ({
      id: `p${i}`,
      name: 'custom',
      module: '/x.mjs',
      config: {
        [`key${i}`]: [i, -1, 1.5, null, true, { deep: { [`k${i % 7}`]: 'v'.repeat(i) } }],
        when: 2 ** 40 + i,
      },
      isolate: false,
      unavailable: '',
    }),
  );
  const routes = [
    routeOf('/a/{b}', {
      headers: [regex('x', '^[12]$')],
      query: [exact('q', 'caf\u00e9')],
      action: {
        kind: 'respond',
        status: 200,
        headers: [['content-type', 'text/plain']],
        body: '\u20ac'.repeat(100),
      },
    }),
    routeOf('/r', { action: { kind: 'redirect', status: 308, location: '/x/{b}' } }),
    routeOf('/p', { priority: -2.5, plugins: ['p1', 'p2'] }),
  ];
  const snapshot = new Snapshot(compileSnapshot({ routes, upstreams, plugins }, 2 ** 40 + 1).buffer);
  assert.equal(snapshot.version, 2 ** 40 + 1);
  // Decoding one needs none of the others.
  assert.deepEqual(
    [2, 0, 1].map((i) => snapshot.route(i)),
    [2, 0, 1].map((i) => routes[i]),
  );
  assert.deepEqual(snapshot.plugins(), plugins);
  assert.equal(snapshot.route(1), snapshot.route(1));
  assert.deepEqual(snapshot.upstreams(), upstreams);
  assert.deepEqual(snapshot.upstreamNames(), ['users', 'caf\u00e9 \u{1f419}', '__proto__', '']);
  assert.equal(snapshot.upstream('caf\u00e9 \u{1f419}'), snapshot.upstream(1));
  assert.equal(snapshot.upstream('none'), undefined);
  assert.equal(snapshot.upstream(4), undefined);
  assert.equal(snapshot.upstream(-1), undefined);
});
