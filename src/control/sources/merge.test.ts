import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, Route, Upstream } from '../../routing/model.ts';
import type { Contribution } from './contribution.ts';
import { mergeContributions } from './merge.ts';

function endpoint(port: number): Endpoint {
  return { address: `a:${port}`, host: 'a', port, tls: false, weight: 1, slot: -1 };
}

function upstream(name: string, endpoints = 1): Upstream {
  const list = Array.from({ length: endpoints }, (_, port) => endpoint(port + 1));
  return { name, slot: -1, endpoints: list } as unknown as Upstream;
}

function route(id: string, path: string, target: string, methods: readonly string[] = []): Route {
  return {
    id,
    source: '',
    origin: '',
    path,
    methods,
    host: '',
    headers: [],
    query: [],
    priority: 0,
    action: { kind: 'proxy', targets: [{ upstream: target, weight: 1 }] },
    plugins: [],
  } as unknown as Route;
}

function source(name: string, upstreams: readonly Upstream[], routes: readonly Route[]): Contribution {
  return { source: name, upstreams, routes, plugins: [] };
}

function targetsOf(routes: readonly Route[]): (readonly [string, string])[] {
  return routes.map(({ id, action }) => [id, action.kind === 'proxy' ? action.targets[0]!.upstream : '']);
}

test('routes stand in the order of their sources', () => {
  const { routeSet, problems } = mergeContributions([
    source('file', [upstream('a')], [route('1', '/a', 'a')]),
    source('farp', [upstream('b')], [route('2', '/b', 'b')]),
  ]);
  assert.deepEqual(targetsOf(routeSet.routes), [
    ['1', 'a'],
    ['2', 'b'],
  ]);
  assert.deepEqual(problems, []);
});

test('an upstream whose name is taken gets that of its source in front, and its routes follow it', () => {
  const { routeSet } = mergeContributions([
    source('file', [upstream('orders')], [route('1', '/a', 'orders')]),
    source('farp', [upstream('orders')], [route('1', '/b', 'orders')]),
  ]);
  assert.deepEqual(
    routeSet.upstreams.map(({ name }) => name),
    ['orders', 'farp:orders'],
  );
  assert.deepEqual(targetsOf(routeSet.routes), [
    ['1', 'orders'],
    ['farp:1', 'farp:orders'],
  ]);
});

test('what has no room is left out from the end, and the configuration never', () => {
  const { routeSet, problems } = mergeContributions(
    [
      source('file', [upstream('a', 3), upstream('b', 3)], []),
      source(
        'farp',
        [upstream('c'), upstream('d', 30), upstream('e')],
        [route('c', '/c', 'c'), route('d', '/d', 'd'), route('e', '/e', 'e')],
      ),
    ],
    { upstreams: 10, endpoints: 20 },
  );
  assert.deepEqual(
    routeSet.upstreams.map(({ name }) => name),
    ['a', 'b', 'c', 'e'],
  );
  assert.deepEqual(targetsOf(routeSet.routes), [
    ['c', 'c'],
    ['e', 'e'],
  ]);
  assert.deepEqual(problems, [
    { source: 'farp', subject: 'upstream d', message: 'the gateway has room for 20 endpoints' },
  ]);
});

test('paths of the gateway are nobody else’s, except that of the configuration', () => {
  const paths = ['/_farp/v1/register', '/_/health', '/__admin/x', '/_x', '/a/_farp'];
  const routes = paths.map((path) => route(path, path, 'a'));
  const { routeSet, problems } = mergeContributions([
    source('file', [upstream('f')], [route('own', '/_/own', 'f')]),
    source('farp', [upstream('a')], routes),
  ]);
  assert.deepEqual(
    routeSet.routes.map(({ path }) => path),
    ['/_/own', '/_x', '/a/_farp'],
  );
  assert.equal(problems.length, 3);
});

test('a route of the configuration for all methods of a path is not undermined by one for some of them', () => {
  const { routeSet, problems } = mergeContributions([
    source('file', [upstream('f')], [route('f', '/users/{id}', 'f'), route('g', '/some', 'f', ['GET'])]),
    source(
      'farp',
      [upstream('a')],
      [
        route('a', '/users/{user}', 'a', ['GET']),
        route('b', '/some', 'a', ['GET']),
        route('c', '/users/{id}/{more}', 'a', ['GET']),
      ],
    ),
  ]);
  // Two for the same method are a conflict, which the snapshot decides and tells.
  assert.deepEqual(
    routeSet.routes.map(({ id }) => id),
    ['f', 'g', 'b', 'c'],
  );
  assert.match(problems[0]!.message, /f of source .* serves all methods/);
});
