/** Routes by service and method of gRPC, and what they are for the rest of the gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, loadYaml } from '../../../test/support/config-files.ts';
import { routeView } from '../../admin/views.ts';
import { describeConditions } from '../../cli/describe-route.ts';

const UPSTREAM = 'upstreams: [{ name: a, endpoints: ["a:1"] }]\n';

async function oneRoute(match: string) {
  const { routeSet } = await loadYaml(`${UPSTREAM}routes:\n  - { ${match}, upstream: a }\n`);
  return routeSet.routes[0]!;
}

const IS_GRPC = { name: 'content-type', kind: 'grpc', value: '' };

test('service and method stand for path, POST and the content type', async () => {
  const cases: [match: string, path: string, view: Record<string, string>][] = [
    [
      'grpc: { service: orders.v1.Orders, method: Watch }',
      '/orders.v1.Orders/Watch',
      { service: 'orders.v1.Orders', method: 'Watch' },
    ],
    ['grpc: { service: Orders }', '/Orders/{method}', { service: 'Orders' }],
    ['grpc: { method: Check }', '/{service}/Check', { method: 'Check' }],
  ];
  for (const [match, path, view] of cases) {
    const route = await oneRoute(match);
    assert.equal(route.path, path);
    assert.deepEqual(route.methods, ['POST']);
    assert.deepEqual(route.headers, [IS_GRPC]);
    assert.equal(describeConditions(route), 'gRPC');
    assert.deepEqual([routeView(route)['grpc'], routeView(route)['headers']], [view, undefined]);
  }
});

test('other conditions hold beside it', async () => {
  const route = await oneRoute(
    'grpc: { service: S }, host: a.example, headers: { x-tenant: b }, priority: 3',
  );
  assert.deepEqual(route.headers, [IS_GRPC, { name: 'x-tenant', kind: 'exact', value: 'b' }]);
  assert.deepEqual([route.host, route.priority], ['a.example', 3]);
  assert.deepEqual(routeView(route)['headers'], { 'x-tenant': 'b' });
});

const FAULTS: readonly [title: string, route: string, errors: readonly string[]][] = [
  [
    'path and grpc',
    '{ path: /a, grpc: { service: S }, upstream: a }',
    ['3:7: path has no place beside grpc, it stands for the path; take one of them out'],
  ],
  [
    'methods and grpc',
    '{ grpc: { service: S }, methods: [POST], upstream: a }',
    ['3:29: methods has no place beside grpc, calls are always POST; take one of them out'],
  ],
  [
    'neither path nor grpc',
    '{ upstream: a }',
    ['3:5: a route needs a path such as /api/users/{id} or /static/*, or grpc'],
  ],
  [
    'neither service nor method',
    '{ grpc: {}, upstream: a }',
    ['3:13: grpc: expected a service, a method or both'],
  ],
  [
    'what is no name',
    '{ grpc: { service: /orders.v1.Orders, method: "*" }, upstream: a }',
    [
      '3:24: grpc.service: expected the full name of a gRPC service such as orders.v1.Orders, got "/orders.v1.Orders"',
      '3:51: grpc.method: expected the name of a gRPC method such as Watch, got "*"',
    ],
  ],
  [
    'an unknown key',
    '{ grpc: { servce: S, method: M }, upstream: a }',
    ['3:15: unknown key "servce" in grpc. Did you mean "service"?'],
  ],
];

for (const [title, route, errors] of FAULTS) {
  test(`refused: ${title}`, async () => {
    assert.deepEqual(await errorsOf(`${UPSTREAM}routes:\n  - ${route}\n`), errors);
  });
}

test('a route that never gets a call is an error at its grpc key', async () => {
  const [error, ...others] = await errorsOf(
    `${UPSTREAM}routes:\n  - { grpc: { service: S, method: M }, upstream: a }\n  - { grpc: { service: S, method: M }, upstream: a }\n`,
  );
  assert.match(error!, /^4:13: gRPC route \/S\/M can never match: gRPC route \/S\/M at .* is the same/);
  assert.deepEqual(others, []);
});

test('a path route of the same path and a route of the whole service hide nothing', async () => {
  const { routeSet } = await loadYaml(
    `${UPSTREAM}routes:\n${[
      'path: /S/M',
      'grpc: { service: S, method: M }',
      'grpc: { service: S }',
      'path: "/S/*"',
    ]
      .map((match) => `  - { ${match}, upstream: a }\n`)
      .join('')}`,
  );
  assert.equal(routeSet.routes.length, 4);
});
