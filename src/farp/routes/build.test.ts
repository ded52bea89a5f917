import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  instanceOf,
  manifestOf,
  routingOf,
  schemaOf,
  serviceOf,
  statedInstance,
} from '../../../test/support/services.ts';
import { routeDefaults } from '../../config/model/defaults.ts';
import { configSchema } from '../../config/schema/schema.ts';
import type { ProxyAction, Route } from '../../routing/model.ts';
import { rewritePath } from '../../routing/rewrite.ts';
import type { Service } from '../model.ts';
import { type BuiltRoutes, buildRoutes } from './build.ts';

const DEFAULTS = routeDefaults(configSchema.parse({}).routing, ['cors#1']);

function build(services: readonly Service[], domain = '', maxRoutes = 5000): BuiltRoutes {
  return buildRoutes(services, { defaults: DEFAULTS, domain, maxRoutes });
}

function table(routes: readonly Route[]): string[] {
  return routes.map(({ methods, host, path }) => `${methods.join(',') || '*'} ${host}${path}`);
}

function rewriteOf(route: Route | undefined, path: string): string {
  const { rewrite } = route!.action as ProxyAction;
  return rewrite === null ? path : rewritePath(rewrite, path);
}

function openapi(paths: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return schemaOf('openapi', { openapi: '3.1.0', paths, ...more });
}

const GET = { get: { responses: {} } };

describe('where paths come from', () => {
  it('OpenAPI: paths x methods below the name of the service, and the prefix is taken off', () => {
    const { routes, upstreams, problems, counts } = build([
      serviceOf({
        schemas: [openapi({ '/users': { get: {}, post: {} }, '/users/{user id}': { delete: {} } })],
      }),
    ]);
    assert.deepEqual(table(routes), ['GET,POST /orders/users', 'DELETE /orders/users/{user_id}']);
    assert.equal(rewriteOf(routes[0], '/orders/users'), '/users');
    assert.deepEqual(routes[0]?.plugins, ['cors#1']);
    assert.deepEqual(
      upstreams.map(({ name }) => name),
      ['orders'],
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(counts.get('orders'), new Map([['openapi', 2]]));
  });

  it('OpenAPI: the path of the first server, basePath of 2.0, variables, references, every method', () => {
    const table1 = (document: Record<string, unknown>) =>
      table(build([serviceOf({ schemas: [schemaOf('openapi', document)] })]).routes);
    const paths = { '/x': GET };
    assert.deepEqual(table1({ openapi: '3.0.3', paths, servers: [{ url: '/api/v1/' }] }), [
      'GET /orders/api/v1/x',
    ]);
    assert.deepEqual(table1({ openapi: '3.0.3', paths, servers: [{ url: 'https://api.example.com/v2' }] }), [
      'GET /orders/v2/x',
    ]);
    assert.deepEqual(
      table1({
        openapi: '3.0.3',
        paths,
        servers: [{ url: 'https://{host}/{v}', variables: { v: { default: 'v3' } } }],
      }),
      ['GET /orders/v3/x'],
    );
    assert.deepEqual(table1({ openapi: '3.0.3', paths, servers: [{ url: '/' }] }), ['GET /orders/x']);
    assert.deepEqual(table1({ openapi: '3.0.3', paths, servers: [{ url: 'api' }] }), ['GET /orders/api/x']);
    assert.deepEqual(table1({ swagger: '2.0', paths, basePath: '/base' }), ['GET /orders/base/x']);
    assert.deepEqual(
      table1({
        openapi: '3.1.0',
        paths: { '/a': { $ref: '#/components/pathItems/A' }, '/b': { $ref: '#/paths/~1a' }, 'x-note': {} },
        components: { pathItems: { A: { get: {}, put: {}, trace: {}, head: {}, options: {}, patch: {} } } },
      }),
      ['GET,PUT,OPTIONS,HEAD,PATCH,TRACE /orders/a', 'GET,PUT,OPTIONS,HEAD,PATCH,TRACE /orders/b'],
    );
  });

  it('OpenAPI: what cannot be used is told and left out, and the rest works', () => {
    const { routes, problems } = build([
      serviceOf({
        schemas: [
          openapi({ '/ok': GET, '/bad/%zz': GET, '/circle': { $ref: '#/paths/~1circle' }, '/../up': GET }),
        ],
      }),
    ]);
    assert.deepEqual(table(routes), ['GET /orders/ok']);
    assert.deepEqual(problems.map(({ subject }) => subject).toSorted(), [
      'openapi /../up',
      'openapi /bad/%zz',
      'openapi /circle',
    ]);
  });

  it('AsyncAPI: channels that HTTP carries, by protocol, binding or metadata', () => {
    const channels = { '/ws/{room}': {}, 'plain/name': {} };
    const routesOf = (document: Record<string, unknown>, protocol = '', capabilities: string[] = []) =>
      table(
        build([
          serviceOf({
            manifest: manifestOf({ capabilities, schemas: [{} as never] }),
            schemas: [schemaOf('asyncapi', document, { metadata: { asyncapi: { protocol } } })],
          }),
        ]).routes,
      );
    const both = ['GET /orders/ws/{room}', 'GET /orders/plain/name'];
    assert.deepEqual(routesOf({ asyncapi: '2.6.0', channels, servers: { s: { protocol: 'wss' } } }), both);
    assert.deepEqual(routesOf({ asyncapi: '2.6.0', channels, servers: { s: { protocol: 'kafka' } } }), []);
    assert.deepEqual(routesOf({ asyncapi: '2.6.0', channels }, 'ws'), both);
    assert.deepEqual(routesOf({ asyncapi: '2.6.0', channels }, 'mqtt'), []);
    assert.deepEqual(routesOf({ asyncapi: '2.6.0', channels }, '', ['websocket']), both);
    assert.deepEqual(routesOf({ asyncapi: '2.6.0', channels }), []);
    assert.deepEqual(
      routesOf({
        asyncapi: '3.0.0',
        servers: { web: { protocol: 'ws' }, bus: { protocol: 'amqp' } },
        channels: {
          rooms: { address: '/rooms/{id}', servers: [{ $ref: '#/servers/web' }] },
          jobs: { address: 'jobs', servers: [{ $ref: '#/servers/bus' }] },
          bound: { address: '/bound', bindings: { ws: {} }, servers: [{ $ref: '#/servers/bus' }] },
          unknown: { address: null },
        },
      }),
      ['GET /orders/rooms/{id}', 'GET /orders/bound'],
    );
  });

  it('GraphQL, oRPC and gRPC', () => {
    const manifest = manifestOf({
      endpoints: { ...manifestOf().endpoints, graphql: 'http://10.0.0.1:80/api/graphql' },
    });
    const descriptors = {
      file: [
        { package: 'orders.v1', service: [{ name: 'Orders', method: [{ name: 'Get' }, { name: 'Watch' }] }] },
      ],
    };
    const { routes, upstreams } = build([
      serviceOf({
        manifest,
        schemas: [
          schemaOf('graphql', 'type Query { a: Int }'),
          schemaOf('orpc', { transport: { endpoint: '/rpc/v1' } }),
          schemaOf('grpc', descriptors, {
            metadata: { grpc: { services: ['orders.v1.Orders', 'orders.v1.Admin'] } },
          }),
        ],
      }),
    ]);
    assert.deepEqual(table(routes), [
      'GET,POST /orders/api/graphql',
      'POST /orders/rpc/v1',
      'POST /orders.v1.Orders/Get',
      'POST /orders.v1.Orders/Watch',
      'POST /orders.v1.Admin/*',
    ]);
    assert.equal(rewriteOf(routes[2], '/orders.v1.Orders/Get'), '/orders.v1.Orders/Get');
    assert.deepEqual(
      upstreams.map(({ name, protocol }) => [name, protocol]),
      [
        ['orders', 'h1'],
        ['orders~grpc', 'h2'],
      ],
    );
    assert.deepEqual((routes[2]!.action as ProxyAction).targets, [{ upstream: 'orders~grpc', weight: 1 }]);
  });

  it('a route table goes before the schemas, in the spelling of routers', () => {
    const route = { protocol: 'rest', operationId: '', timeout: 0, deprecated: false, metadata: {} };
    const { routes } = build([
      serviceOf({
        manifest: manifestOf({
          routeTable: [
            { ...route, path: '/orders/:id', methods: ['GET'] },
            { ...route, path: '/orders/:id', methods: ['PUT'] },
            { ...route, path: '/files/*path', methods: ['GET'], timeout: 3000 },
            { ...route, path: '/live', methods: [], protocol: 'sse' },
          ],
        }),
        schemas: [openapi({ '/from-schema': GET })],
      }),
    ]);
    assert.deepEqual(table(routes), [
      'GET,PUT /orders/orders/{id}',
      'GET /orders/files/{path*}',
      'GET /orders/live',
    ]);
    assert.equal((routes[1]!.action as ProxyAction).timeout, 3000);
  });

  it('a service that says nothing is open as a whole, but for the protocol', () => {
    const { routes } = build([serviceOf()]);
    assert.deepEqual(table(routes), ['* /orders/*', '* /orders/_farp/*']);
    assert.equal(routes[1]?.action.kind, 'respond');
  });

  it('a schema that could not be had opens nothing', () => {
    const manifest = manifestOf({
      schemas: [
        {
          type: 'openapi',
          specVersion: '3.1.0',
          location: { kind: 'http', url: 'http://x/', headers: {} },
          contentType: '',
          hash: '',
          metadata: {},
        },
      ],
    });
    assert.deepEqual(build([serviceOf({ manifest })]).routes, []);
  });

  it('path rules: the protocol never, the manifest first, then what services keep for themselves', () => {
    const paths = {
      '/': GET,
      '/_farp/manifest': GET,
      '/docs': GET,
      '/openapi.json': GET,
      '/v1/a': GET,
      '/internal/x': GET,
    };
    const rules = (pathRules: { pattern: string; include: boolean }[]) =>
      table(
        build([
          serviceOf({
            manifest: manifestOf({ routing: routingOf({ pathRules }) }),
            schemas: [openapi(paths)],
          }),
        ]).routes,
      );
    assert.deepEqual(rules([]), [
      'GET /orders',
      'GET /orders/',
      'GET /orders/v1/a',
      'GET /orders/internal/x',
    ]);
    assert.deepEqual(
      rules([
        { pattern: '/internal/**', include: false },
        { pattern: '/**', include: true },
      ]),
      ['GET /orders', 'GET /orders/', 'GET /orders/docs', 'GET /orders/openapi.json', 'GET /orders/v1/a'],
    );
  });
});

describe('mounts', () => {
  const schemas = [openapi({ '/users': GET })];
  const mounted = (routing: Parameters<typeof routingOf>[0], domain = '', more = {}) =>
    build([serviceOf({ manifest: manifestOf({ routing: routingOf(routing), ...more }), schemas })], domain);

  it('root', () => {
    const { routes } = mounted({ strategy: 'root' });
    assert.deepEqual(table(routes), ['GET /users']);
    assert.equal(rewriteOf(routes[0], '/users'), '/users');
  });

  it('root with a base path that the service does not know', () => {
    const manifest = manifestOf({
      routing: routingOf({ strategy: 'root', basePath: '/api', stripPrefix: true }),
    });
    const { routes } = build([serviceOf({ manifest, schemas: [openapi({ '/api/users': GET })] })]);
    assert.deepEqual(table(routes), ['GET /api/users']);
    assert.equal(rewriteOf(routes[0], '/api/users'), '/users');
  });

  it('custom, however the base path is written', () => {
    for (const basePath of ['/base/v1', 'base/v1/', '//base//v1/']) {
      const { routes } = mounted({ strategy: 'custom', basePath });
      assert.deepEqual(table(routes), ['GET /base/v1/users']);
      assert.equal(rewriteOf(routes[0], '/base/v1/users'), '/users');
    }
  });

  it('instance: each at its own path with an upstream of its own', () => {
    const manifest = manifestOf({ routing: routingOf({ strategy: 'instance' }) });
    const { routes, upstreams } = build([
      serviceOf({
        manifest,
        schemas,
        instances: [instanceOf({ id: 'A-1', manifest }), instanceOf({ id: 'a-2', port: 8002, manifest })],
      }),
    ]);
    assert.deepEqual(table(routes), ['GET /a-1/users', 'GET /a-2/users']);
    assert.deepEqual(
      upstreams.map(({ name, endpoints }) => [name, endpoints.map(({ address }) => address)]),
      [
        ['orders~A-1', ['127.0.0.1:8001']],
        ['orders~a-2', ['127.0.0.1:8002']],
      ],
    );
  });

  it('versioned: every running version has its own path and upstream', () => {
    const version = (serviceVersion: string) =>
      manifestOf({ serviceVersion, routing: routingOf({ strategy: 'versioned' }) });
    const { routes, upstreams } = build([
      serviceOf({
        manifest: version('V2.0.0'),
        schemas,
        instances: [
          instanceOf({ id: '1', manifest: version('1.4.0') }),
          instanceOf({ id: '2', port: 8002, manifest: version('V2.0.0') }),
        ],
      }),
    ]);
    assert.deepEqual(table(routes), ['GET /orders/1.4.0/users', 'GET /orders/v2.0.0/users']);
    assert.deepEqual(
      upstreams.map(({ name }) => name),
      ['orders~1.4.0', 'orders~v2.0.0'],
    );
  });

  it('subdomain; without a domain at its name, with a word about it', () => {
    const { routes } = mounted({ strategy: 'subdomain', subdomain: 'Shop' }, 'api.example.com');
    assert.deepEqual(table(routes), ['GET shop.api.example.com/users']);
    const fallback = mounted({ strategy: 'subdomain', subdomain: 'shop' });
    assert.deepEqual(table(fallback.routes), ['GET /orders/users']);
    assert.match(fallback.problems[0]?.message ?? '', /farp\.domain is not set/);
  });

  it('service: the spelling of the service works too', () => {
    const { routes } = mounted({ strategy: 'service' }, '', { serviceName: 'Orders' });
    assert.deepEqual(table(routes), ['GET /orders/users', 'GET /Orders/users']);
    assert.equal(rewriteOf(routes[1], '/Orders/users'), '/users');
  });

  it('rewrites come after the prefix, the first that matches; dangerous patterns are refused', () => {
    const { routes, problems } = mounted({
      rewrite: [
        { pattern: '(?=x)', replacement: '' },
        { pattern: '^/users(.*)$', replacement: '/people$1' },
        { pattern: '.*', replacement: '/all' },
      ],
    });
    assert.equal(rewriteOf(routes[0], '/orders/users'), '/people');
    assert.match(problems[0]?.message ?? '', /linear time/);
  });
});

describe('endpoints', () => {
  const weights = (instances: Service['instances']) =>
    Object.fromEntries(
      build([serviceOf({ instances })]).upstreams[0]!.endpoints.map(({ port, weight }) => [port, weight]),
    );
  const at = (port: number, parts: Parameters<typeof instanceOf>[0] = {}) =>
    instanceOf({ id: String(port), port, ...parts });
  const stated = (parts: Parameters<typeof statedInstance>[0]) =>
    manifestOf({ instance: statedInstance(parts) });
  const deployment = (id: string, trafficPercent: number) => ({
    id,
    strategy: 'canary',
    trafficPercent,
    stage: '',
  });

  it('only those that are up take traffic', () => {
    assert.deepEqual(
      weights([
        at(1),
        at(2, { status: 'degraded' }),
        at(3, { status: 'draining' }),
        at(4, { status: 'unhealthy' }),
        at(5, { status: 'starting' }),
        at(6, { manifest: stated({ status: 'draining' }) }),
        at(7, { manifest: stated({ role: 'shadow' }) }),
        at(8, { weight: 0 }),
      ]),
      { 1: 100, 2: 100 },
    );
  });

  it('weights of the manifest, and of the backend before those', () => {
    assert.deepEqual(
      weights([
        at(1),
        at(2, { manifest: stated({ weight: 25 }) }),
        at(3, { weight: 10, manifest: stated({ weight: 25 }) }),
      ]),
      { 1: 100, 2: 25, 3: 10 },
    );
    assert.deepEqual(weights([at(1), at(2, { manifest: stated({ weight: 0 }) })]), { 1: 100 });
  });

  it('a canary gets its percentage however many instances there are', () => {
    const canary = { manifest: stated({ role: 'canary', deployment: deployment('c', 10) }) };
    assert.deepEqual(weights([at(1), at(2), at(3), at(4, canary), at(5, canary)]), {
      1: 3000,
      2: 3000,
      3: 3000,
      4: 500,
      5: 500,
    });
    assert.deepEqual(weights([at(4, canary), at(5, canary)]), { 4: 500, 5: 500 });
    assert.deepEqual(weights([at(1), at(2, { manifest: stated({ deployment: deployment('c', 0) }) })]), {
      1: 10_000,
    });
  });

  it('one that two backends know is there once', () => {
    assert.deepEqual(weights([at(1), at(1, { id: 'other', provider: 'dns' })]), { 1: 100 });
  });

  it('a service without any keeps its routes', () => {
    const { routes, upstreams } = build([serviceOf({ instances: [at(1, { status: 'unhealthy' })] })]);
    assert.equal(routes.length, 2);
    assert.deepEqual(upstreams[0]?.endpoints, []);
  });

  it('health is checked where the service says, and leniently', () => {
    const check = (health: string) =>
      build([serviceOf({ manifest: manifestOf({ endpoints: { ...manifestOf().endpoints, health } }) })])
        .upstreams[0]?.healthCheck;
    assert.equal(check('/livez?x=1')?.path, '/livez?x=1');
    assert.deepEqual(check('/livez')?.expect, [[200, 499]]);
    assert.equal(check('http://127.0.0.1:8001/h')?.path, '/h');
    assert.equal(check('http://127.0.0.1:9999/h'), null);
    assert.equal(check(''), null);
    assert.equal(check('/livez')?.grpcService, null);
    assert.equal(check('/grpc.health.v1.Health/Check')?.grpcService, '');
  });

  it('a service that lists the health service of gRPC is asked by it where its calls go', () => {
    const grpcUpstream = (...services: string[]) =>
      build([
        serviceOf({
          manifest: manifestOf(),
          schemas: [schemaOf('grpc', {}, { metadata: { grpc: { services } } })],
        }),
      ]).upstreams.find(({ protocol }) => protocol === 'h2');
    assert.equal(grpcUpstream('orders.v1.Orders', 'grpc.health.v1.Health')?.healthCheck?.grpcService, '');
    assert.equal(grpcUpstream('orders.v1.Orders')?.healthCheck, null);
  });
});

describe('several services', () => {
  it('priority, then version, then name decide who is first', () => {
    const named = (name: string, serviceVersion: string, priority: number) =>
      serviceOf({
        name,
        manifest: manifestOf({
          serviceName: name,
          serviceVersion,
          routing: routingOf({ strategy: 'root', priority }),
        }),
        schemas: [openapi({ '/same': GET })],
      });
    const { routes } = build([
      named('a', '1.9.0', 50),
      named('b', '1.10.0', 50),
      named('c', 'nonsense', 50),
      named('d', '0.1.0', 60),
      named('e', '1.10.0-rc.2', 50),
    ]);
    assert.deepEqual(
      routes.map(({ origin }) => origin.split(' ')[1]),
      ['d', 'b', 'e', 'a', 'c'],
    );
  });

  it('one with too many routes is refused and the others are not', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`/p${i}`, GET]));
    const { routes, upstreams, problems } = build(
      [
        serviceOf({ name: 'big', schemas: [openapi(many)] }),
        serviceOf({ schemas: [openapi({ '/x': GET })] }),
      ],
      '',
      10,
    );
    assert.deepEqual(table(routes), ['GET /orders/x']);
    assert.deepEqual(
      upstreams.map(({ name }) => name),
      ['orders'],
    );
    assert.match(problems[0]?.message ?? '', /20 routes; at most 10/);
  });

  it('hostile documents do not throw', () => {
    const hostile: unknown[] = [
      null,
      7,
      'text',
      [],
      { paths: null },
      { paths: { '/a': 5, b: GET } },
      { paths: { '/a': { get: { $ref: '#/x' } } } },
      { channels: [], servers: 3 },
      { file: [{ service: [{ name: 'a/b', method: 'x' }] }] },
    ];
    for (const document of hostile) {
      for (const type of ['openapi', 'asyncapi', 'grpc', 'graphql', 'orpc', 'thrift'] as const) {
        assert.doesNotThrow(() => build([serviceOf({ schemas: [schemaOf(type, document)] })]));
      }
    }
  });
});
