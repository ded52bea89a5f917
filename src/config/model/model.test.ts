import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, loadYaml, warningsOf } from '../../../test/support/config-files.ts';

const UPSTREAM = 'upstreams: [{ name: a, endpoints: ["a:1"] }]\n';

/** The errors of one route (written as a flow map) with an upstream `a`; columns count from the route's brace. */
async function routeErrors(route: string): Promise<string[]> {
  const errors = await errorsOf(`${UPSTREAM}routes:\n  - ${route}\n`);
  return errors.map((error) => error.replace(/^3:(\d+)/, (_, column: string) => String(Number(column) - 4)));
}

async function retriesOf(text: string) {
  const { routeSet } = await loadYaml(`${UPSTREAM}${text}`);
  const action = routeSet.routes[0]?.action;
  assert.ok(action?.kind === 'proxy');
  return action.retries;
}

test('settings left out come from routing, then from the schema', async () => {
  const { routeSet } = await loadYaml(`
routing:
  health_check: { path: /ping, interval: 9s }
  outlier: { eject_for: 9s }
  connections: { max: 7 }
  timeouts: { connect: 9s }
  load_balance: random
upstreams:
  - name: inherits
    endpoints: ["a:1"]
  - name: changes
    endpoints: ["a:1"]
    health_check: { interval: 1s }
    outlier: { consecutive_failures: 2 }
    connections: { idle_timeout: 1s }
    timeouts: { idle: 1s, first_byte: 3s, total: 90s }
    load_balance: ewma
  - name: refuses
    endpoints: ["a:1"]
    health_check: false
    outlier: false
`);
  const [inherits, changes, refuses] = routeSet.upstreams;
  const check = {
    path: '/ping',
    grpcService: null,
    interval: 9000,
    timeout: 1000,
    healthyAfter: 2,
    unhealthyAfter: 3,
    expect: [[200, 399]],
  };
  assert.deepEqual(inherits?.healthCheck, check);
  assert.deepEqual(changes?.healthCheck, { ...check, interval: 1000 });
  assert.equal(refuses?.healthCheck, null);
  assert.deepEqual(inherits?.outlier, { consecutiveFailures: 5, ejectFor: 9000, maxEjected: 0.5 });
  assert.deepEqual(changes?.outlier, { consecutiveFailures: 2, ejectFor: 9000, maxEjected: 0.5 });
  assert.equal(refuses?.outlier, null);
  assert.deepEqual(inherits?.connections, { max: 7, idleTimeout: 60_000 });
  assert.deepEqual(changes?.connections, { max: 7, idleTimeout: 1000 });
  assert.deepEqual(changes?.timeouts, { connect: 9000, firstByte: 3000, idle: 1000, total: 90_000 });
  assert.deepEqual([inherits?.loadBalance, changes?.loadBalance], ['random', 'ewma']);
});

test('a health check is by gRPC or by path, as the upstream says before routing', async () => {
  const upstreams = (...checks: string[]) =>
    `upstreams:\n${checks
      .map(
        (check, i) =>
          `  - { name: u${i}, endpoints: ["a:1"], protocol: h2${check && `, health_check: ${check}`} }\n`,
      )
      .join('')}`;
  const services = async (text: string) =>
    (await loadYaml(text)).routeSet.upstreams.map(({ healthCheck }) => healthCheck?.grpcService);
  const own = upstreams(
    '{ grpc: true }',
    '{ grpc: {} }',
    '{ grpc: { service: a.B } }',
    '{ grpc: false }',
    '{}',
  );
  assert.deepEqual(await services(own), ['', '', 'a.B', null, null]);
  const shared = 'routing: { health_check: { grpc: { service: a.B } } }\n';
  const layered = upstreams(
    '',
    '{ interval: 1s }',
    '{ grpc: true }',
    '{ grpc: { service: "" } }',
    '{ path: /up }',
    '{ expect: [200] }',
    '{ grpc: false }',
    'false',
  );
  assert.deepEqual(await services(shared + layered), ['a.B', 'a.B', 'a.B', '', null, null, null, undefined]);
  const byPath = 'routing: { health_check: { path: /up, expect: [200] } }\n';
  assert.deepEqual(await services(byPath + upstreams('{ grpc: true }', '')), ['', null]);

  const reason = 'this is for checks by HTTP and has no effect beside grpc; take one of them out';
  const both = 'routing:\n  health_check: { grpc: true, path: /up }\n';
  assert.deepEqual(await errorsOf(both + upstreams('{ grpc: {}, expect: [200] }')), [
    `2:37: routing.health_check.path: ${reason} (got "/up")`,
    `4:85: health_check.expect: ${reason}`,
  ]);
  assert.deepEqual(await errorsOf(upstreams('{ grpc: { service: "a b" } }')), [
    '2:84: health_check.grpc.service: expected the full name of a gRPC service such as orders.v1.Orders, got "a b"',
  ]);
  assert.match((await warningsOf(shared + UPSTREAM))[0] ?? '', /^2:13: its health .* needs protocol: h2$/);
});

test('without routing defaults nothing is checked, ejected or cut off', async () => {
  const { routeSet } = await loadYaml(UPSTREAM);
  const [upstream] = routeSet.upstreams;
  assert.deepEqual(
    [upstream?.healthCheck, upstream?.outlier, upstream?.circuitBreaker, upstream?.sticky],
    [null, null, null, null],
  );
});

test('the first byte may take as long as the longest timeout of the routes', async () => {
  const { routeSet } = await loadYaml(`
routing: { timeout: 20s }
upstreams:
  - { name: slow, endpoints: ["a:1"] }
  - { name: fast, endpoints: ["a:1"] }
  - { name: idle, endpoints: ["a:1"] }
routes:
  - { path: /1, upstream: slow, timeout: 90s }
  - { path: /2, split: [{ upstream: slow, weight: 1 }, { upstream: fast, weight: 1 }], timeout: 5s }
`);
  assert.deepEqual(
    routeSet.upstreams.map(({ name, timeouts }) => [name, timeouts.firstByte]),
    [
      ['slow', 90_000],
      ['fast', 5000],
      ['idle', 20_000],
    ],
  );
});

test('retries: a number only changes the attempts', async () => {
  const defaults = {
    attempts: 2,
    on: ['connect-failure', 'reset', 502, 503, 504],
    perTryTimeout: 0,
    budget: 0.2,
    bodyLimit: 65_536,
  };
  const route = 'routes: [{ path: /, upstream: a }]\n';
  assert.deepEqual(await retriesOf(route), defaults);
  assert.deepEqual(await retriesOf(`routing: { retries: 5 }\n${route}`), { ...defaults, attempts: 5 });
  assert.deepEqual(await retriesOf(`routing: { retries: { on: [502], budget: 50% } }\n${route}`), {
    ...defaults,
    on: [502],
    budget: 0.5,
  });
  assert.deepEqual(
    await retriesOf(
      'routing: { retries: { on: [502], attempts: 4 } }\nroutes: [{ path: /, upstream: a, retries: 1 }]\n',
    ),
    { ...defaults, on: [502], attempts: 1 },
  );
  assert.deepEqual(
    await retriesOf(
      'routing: { retries: 4 }\nroutes: [{ path: /, upstream: a, retries: { per_try_timeout: 1s, body_limit: 1KB } }]\n',
    ),
    { ...defaults, attempts: 4, perTryTimeout: 1000, bodyLimit: 1024 },
  );
});

for (const [route, errors] of [
  ['{ path: /a }', ['1: a route needs one of upstream, split, redirect and respond']],
  [
    '{ path: /a, upstream: a, respond: {} }',
    ['26: a route has one of upstream, split, redirect and respond, but this one has upstream and respond'],
  ],
  [
    '{ path: /a, respond: {}, timeout: 5s, retries: 1 }',
    [
      '26: timeout has no effect with respond; take it out',
      '39: retries has no effect with respond; take it out',
    ],
  ],
  [
    '{ path: /a, respond: { status: 204, body: x } }',
    ['43: a response with status 204 has no body; take it out'],
  ],
  [
    '{ path: /a, respond: { headers: { Content-Length: "3" } } }',
    ['35: Content-Length is set by the gateway; take it out'],
  ],
  [
    '{ path: /a, respond: { headers: { x: "a\\r\\nb: c" } } }',
    ['38: respond.headers.x: expected a header value in one line (no control characters), got "a\\r\\nb: c"'],
  ],
  [
    '{ path: "/a/{id}", redirect: { location: "/b/{di}" } }',
    ['42: redirect.location: {di} is no parameter of the path; did you mean {id}?'],
  ],
  [
    '{ path: /a, redirect: { location: "/b/{x}" } }',
    ['35: redirect.location: {x} is no parameter of the path; known are {path}, {query}, {host}'],
  ],
  [
    '{ path: "/a/{r*}", redirect: { location: "{r}" } }',
    [
      '42: redirect.location: it begins with {r}, which would let a client choose where to; put a "/" before it',
    ],
  ],
  [
    '{ path: "/a/{r*}", redirect: { location: "https://new.example{r}" } }',
    [
      '42: redirect.location: {r} ends the host name, which would let a client choose the host; put a "/" before it, or the end of the name behind it',
    ],
  ],
  [
    '{ path: "/{path*}", redirect: { location: "https://new.example{path}" } }',
    [
      '43: redirect.location: {path} ends the host name, which would let a client choose the host; put a "/" before it, or the end of the name behind it',
    ],
  ],
  [
    '{ path: /a, redirect: { location: "//{query}/" } }',
    [
      '35: redirect.location: {query} ends the host name, which would let a client choose the host; put a "/" before it, or the end of the name behind it',
    ],
  ],
  ['{ path: "/a/{t}", redirect: { location: "https://{t}.example:8443/" } }', []],
  ['{ path: /a, redirect: { location: "https://{host}{path}?{query}" } }', []],
  ['{ path: /a, redirect: { location: "{path}/" } }', []],
  [
    '{ path: /a, upstream: a, strip_prefix: /b }',
    ['40: strip_prefix "/b" is no beginning of the path "/a", so it would never apply'],
  ],
  [
    '{ path: /api, upstream: a, strip_prefix: /ap }',
    ['42: strip_prefix "/ap" is no beginning of the path "/api", so it would never apply'],
  ],
  ['{ path: "/{tenant}/api", upstream: a, strip_prefix: /acme }', []],
  ['{ path: /api/*, upstream: a, strip_prefix: /api/ }', []],
  ['{ path: /api, upstream: a, strip_prefix: /api }', []],
  [
    '{ path: /api, upstream: a, add_prefix: "/%zz" }',
    ['40: add_prefix: "%" must be followed by two hexadecimal digits; a literal "%" is written "%25"'],
  ],
  [
    '{ path: /a, upstream: a, rewrite: { pattern: "(", replacement: x } }',
    ['46: rewrite.pattern: expected a regular expression, got "("'],
  ],
  [
    '{ path: /a, split: [{ upstream: a, weight: 1 }, { upstream: a, weight: 2 }] }',
    ['61: split: this upstream is listed twice; add its weights up'],
  ],
  ['{ path: a, upstream: a }', ['9: path: a path begins with "/" (got "a")']],
  ['{ path: /a, upstream: b }', ['23: there is no upstream "b"; did you mean "a"?']],
  [
    '{ path: /a, methods: [CONNECT], upstream: a }',
    ['23: methods: a gateway never forwards this method; take it out (got "CONNECT")'],
  ],
  [
    '{ path: /a, host: "a.example.com:80", upstream: a }',
    ['19: host: expected a host name without port, or *.example.com, got "a.example.com:80"'],
  ],
  [
    '{ path: /a, upstream: a, retries: many }',
    [
      '35: retries: expected a number of retries or { attempts, on, per_try_timeout, budget, body_limit }, got "many"',
    ],
  ],
  [
    '{ path: /a, headers: { x-a: "1", X-A: "2" }, upstream: a }',
    ['34: the header "X-A" is already there in another spelling'],
  ],
  ['{ path: /a, upstream: a, retries: 99 }', ['35: retries: expected a whole number from 0 to 20, got 99']],
] as const) {
  test(`route ${route}`, async () => {
    assert.deepEqual(await routeErrors(route), errors);
  });
}

test('routes keep their id while their match stays the same', async () => {
  const ids = async (routes: string) =>
    (await loadYaml(`${UPSTREAM}routes:\n${routes}`)).routeSet.routes.map((route) => route.id);
  const [before] = await ids('  - { path: "/users/:id", methods: [PUT, GET], upstream: a, timeout: 1s }\n');
  const [other, after] = await ids(
    '  - { path: /other, upstream: a }\n  - { path: "/users/{id}", methods: [GET, PUT], upstream: a, timeout: 9s }\n',
  );
  assert.equal(after, before);
  assert.notEqual(other, before);
  const distinct = await ids(`
  - { path: /a, upstream: a }
  - { path: /a, host: x.example, upstream: a }
  - { path: /a, methods: [GET], upstream: a }
  - { path: /a, headers: { x: "1" }, upstream: a }
  - { path: /a, query: { x: "1" }, upstream: a }
  - { path: /a, query: { x: { regex: "1" } }, upstream: a }
  - { path: /a, priority: 1, headers: { y: "1" }, upstream: a }
`);
  assert.equal(new Set(distinct).size, 7);
});

for (const [title, routes, errors, warnings] of [
  [
    'the same match twice',
    ['{ path: "/a/{x}" }', '{ path: "/a/{y}" }'],
    ['route /a/{y} can never match: route /a/{x}'],
    [],
  ],
  [
    'the same host in another case',
    ['{ path: /a, host: A.example }', '{ path: /a, host: a.EXAMPLE }'],
    ['route a.example/a can never match: route a.example/a'],
    [],
  ],
  [
    'methods of several routes together',
    ['{ path: /a, methods: [GET] }', '{ path: /a, methods: [PUT] }', '{ path: /a, methods: [PUT, GET] }'],
    ['route PUT,GET /a can never match: route PUT /a'],
    [],
  ],
  [
    'some of the methods',
    ['{ path: /a, methods: [GET] }', '{ path: /a, methods: [GET, PUT] }'],
    [],
    ['GET of route GET,PUT /a never gets here: route GET /a'],
  ],
  ['listed methods stand before any method', ['{ path: /a }', '{ path: /a, methods: [GET] }'], [], []],
  ['conditions stand before none', ['{ path: /a }', '{ path: /a, headers: { x: "1" } }'], [], []],
  [
    'equal conditions in another order',
    ['{ path: /a, headers: { x: "1", y: "2" } }', '{ path: /a, headers: { y: "2", x: "1" } }'],
    ['route /a can never match: route /a'],
    [],
  ],
  [
    'a header is no query parameter',
    ['{ path: /a, headers: { x: "1" } }', '{ path: /a, query: { x: "1" } }'],
    [],
    [],
  ],
  ['more specific paths', ['{ path: "/{x}" }', '{ path: /a }', '{ path: /* }', '{ path: "/{x*}" }'], [], []],
  [
    'priority over a narrow path',
    ['{ path: /*, priority: 1 }', '{ path: /a/b }'],
    ['route /a/b can never match: route /*'],
    [],
  ],
  [
    'priority of a parameter',
    ['{ path: "/a/{x}", priority: 1 }', '{ path: /a/b }', '{ path: /a/b/c }', '{ path: /a/ }'],
    ['route /a/b can never match: route /a/{x}'],
    [],
  ],
  [
    'priority of a rest',
    [
      '{ path: "/a/{x*}", priority: 1 }',
      '{ path: /a/b/c }',
      '{ path: "/a/{y*}" }',
      '{ path: /a/* }',
      '{ path: /a/ }',
      '{ path: /a }',
    ],
    ['route /a/b/c can never match: route /a/{x*}', 'route /a/{y*} can never match: route /a/{x*}'],
    [],
  ],
  [
    'priority of a wildcard',
    ['{ path: /a/*, priority: 1 }', '{ path: /a/ }', '{ path: /a/* }', '{ path: /a }', '{ path: /ab }'],
    ['route /a/ can never match: route /a/*', 'route /a/* can never match: route /a/*'],
    [],
  ],
  [
    'priority of a host',
    [
      '{ path: /a, host: "*.example.com", priority: 1 }',
      '{ path: /a, host: x.y.example.com }',
      '{ path: /a, host: example.com }',
      '{ path: /a }',
    ],
    ['route x.y.example.com/a can never match: route *.example.com/a'],
    [],
  ],
  [
    'priority with a condition',
    [
      '{ path: /a, headers: { x: "1" }, priority: 1 }',
      '{ path: /a, headers: { x: "1" }, query: { y: "1" } }',
      '{ path: /a }',
    ],
    ['route /a can never match: route /a'],
    [],
  ],
  [
    'priority with methods',
    [
      '{ path: /a, methods: [GET], priority: 2 }',
      '{ path: /a, methods: [PUT], priority: 1 }',
      '{ path: "/{x}", methods: [GET] }',
      '{ path: /a, methods: [GET, PUT] }',
      '{ path: /a, methods: [GET, POST] }',
    ],
    ['route GET,PUT /a can never match: route PUT /a'],
    ['GET of route GET,POST /a never gets here: route GET,PUT /a'],
  ],
  ['a lower priority hides nothing', ['{ path: /*, priority: -1 }', '{ path: /a }'], [], []],
] as const) {
  test(`shadowed routes: ${title}`, async () => {
    const text = `${UPSTREAM}routes:\n${routes.map((route) => `  - ${route.replace(/ }$/, ', upstream: a }')}\n`).join('')}`;
    const short = (messages: readonly string[]) =>
      messages.map((message) => message.replace(/^\d+:\d+: /, '').replace(/ at \S*:\d+:\d+ .*$/, ''));
    assert.deepEqual(short(await errorsOf(text)), errors);
    if (errors.length === 0) assert.deepEqual(short(await warningsOf(text)), warnings);
  });
}

test('upstreams with the same name or endpoint', async () => {
  const errors = await errorsOf(
    'upstreams:\n  - { name: a, endpoints: ["h:1", "http://H:1"] }\n  - { name: a, endpoints: ["h:1"] }\n',
  );
  assert.deepEqual(
    errors.map((error) => error.replace(/\/\S*\//, '')),
    [
      '2:35: endpoints: this one is listed twice; give it a weight instead',
      '3:13: the upstream "a" is already defined at octopus.yaml:2:13; rename or remove one of them',
    ],
  );
});

test('an endpoint may have weight 0, but not all of them', async () => {
  const weights = (...list: number[]) =>
    `upstreams: [{ name: a, endpoints: [${list.map((weight, i) => `{ address: "h:${i + 1}", weight: ${weight} }`).join(', ')}] }]`;
  assert.deepEqual(
    (await loadYaml(weights(0, 2))).routeSet.upstreams[0]?.endpoints.map((one) => one.weight),
    [0, 2],
  );
  assert.deepEqual(await errorsOf(weights(0, 0)), [
    '1:24: endpoints: at least one weight must be larger than 0',
  ]);
});

test('hash_on without consistent-hash is a warning', async () => {
  assert.deepEqual(await warningsOf('upstreams:\n  - name: a\n    endpoints: ["h:1"]\n    hash_on: path\n'), [
    '4:14: hash_on has no effect with load_balance round-robin; it needs load_balance: consistent-hash',
  ]);
});

test('websocket and sse: a route changes single keys of routing, and switches on or off', async () => {
  const streamsOf = async (text: string) => {
    const { routeSet } = await loadYaml(`${UPSTREAM}${text}`);
    const action = routeSet.routes[0]?.action;
    assert.ok(action?.kind === 'proxy');
    return [action.webSocket, action.eventStream];
  };
  const webSocket = { idleTimeout: 3_600_000, maxDuration: 0, origins: ['*'] };
  const eventStream = { heartbeat: 0, idleTimeout: 0 };
  const route = (keys: string) => `routes: [{ path: /, upstream: a, ${keys} }]\n`;
  assert.deepEqual(await streamsOf(route('timeout: 1s')), [webSocket, eventStream]);
  assert.deepEqual(await streamsOf(`routing: { websocket: false }\n${route('timeout: 1s')}`), [
    null,
    eventStream,
  ]);
  assert.deepEqual(await streamsOf(`routing: { websocket: false }\n${route('websocket: true')}`), [
    webSocket,
    eventStream,
  ]);
  assert.deepEqual(
    await streamsOf(
      `routing: { websocket: { idle_timeout: 1m, max_duration: 1h }, sse: { heartbeat: 15s } }\n${route(
        'websocket: { max_duration: 2h, origins: ["https://App.example.com"] }, sse: { idle_timeout: 5m }',
      )}`,
    ),
    [
      { idleTimeout: 60_000, maxDuration: 7_200_000, origins: ['https://app.example.com'] },
      { heartbeat: 15_000, idleTimeout: 300_000 },
    ],
  );
  assert.deepEqual(
    await streamsOf(`routing: { websocket: { idle_timeout: 1m } }\n${route('websocket: false')}`),
    [null, eventStream],
  );
});

test('upstreams of a service: instead of endpoints, and somebody has to find it', async () => {
  const discovering = 'discovery: { backends: [static] }\n';
  const loaded = await loadYaml(
    `${discovering}upstreams: [{ name: a, service: Orders }, { name: b, endpoints: ["h:1"] }]\n`,
  );
  assert.deepEqual(loaded.serviceUpstreams, { a: 'Orders' });
  assert.deepEqual(
    loaded.routeSet.upstreams.map(({ endpoints }) => endpoints.length),
    [0, 1],
  );
  assert.deepEqual(
    await errorsOf('upstreams:\n  - name: a\n  - { name: b, service: x, endpoints: ["h:1"] }\n'),
    [
      '2:5: "endpoints" is missing; give endpoints, or the service that discovery finds',
      '3:16: service and endpoints exclude each other; take one of them out',
    ],
  );
  assert.deepEqual(await warningsOf('upstreams:\n  - { name: a, service: orders }\n'), [
    '2:16: the service "orders" is never found: no discovery.backend is set and farp.enabled is false; its routes answer 503',
  ]);
});
