import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inFolder } from '../../../test/support/config-files.ts';
import { exact, proxyTo, regex, routeOf } from '../../../test/support/route-records.ts';
import type { Route } from '../../routing/model.ts';
import type { PathPolicy } from '../../shared/messages.ts';
import { UsageError } from '../command.ts';
import { command, runExplain } from './explain.ts';
import { command as routesCommand } from './routes.ts';

const POLICY: PathPolicy = {
  doubleSlash: 'merge',
  encodedSlash: 'keep',
  backslash: 'reject',
  parameters: 'keep',
};

interface Answer {
  readonly code: number;
  readonly text: string;
}

function explain(
  routes: readonly Route[],
  method: string,
  url: string,
  headers: readonly string[] = [],
): Answer {
  let text = '';
  const routeSet = { routes, upstreams: [], plugins: [] };
  const code = runExplain({ routeSet, policy: POLICY, method, url, headers, out: (part) => (text += part) });
  return { code, text };
}

const USERS = routeOf('/api/users/{id}', {
  id: 'users',
  origin: 'routes.yaml:3:5',
  methods: ['GET', 'PUT'],
  host: 'api.example.com',
  action: proxyTo('users', {
    rewrite: { stripPrefix: '/api', rules: [], addPrefix: '/v1' },
  }),
});

test('a match: what is captured and what is sent', () => {
  const { code, text } = explain([USERS], 'GET', 'http://API.example.com:8080/api/users/a%20b?x=1#top');
  assert.equal(code, 0);
  assert.equal(
    text,
    `GET api.example.com/api/users/a%20b?x=1

Matches /api/users/{id}
  from     routes.yaml:3:5
  host     api.example.com
  methods  GET,PUT
  param    id = a b
  action   upstream users
  sends    GET /v1/users/a%20b?x=1
`,
  );
});

test('near misses name what differs: method, host, header, query', () => {
  const routes = [
    USERS,
    routeOf('/api/users/{id}', { host: 'other.example.com', origin: 'host' }),
    routeOf('/api/users/{id}', { host: '*.api.example.com', origin: 'apex' }),
    routeOf('/api/users/{id}', { methods: ['DELETE'], headers: [exact('x-version', '2')], origin: 'header' }),
    routeOf('/api/users/{id}', { query: [regex('beta', '^[12]$')], origin: 'query' }),
  ];
  const { code, text } = explain(routes, 'DELETE', 'api.example.com/api/users/7?beta=3', ['X-Version: 1']);
  assert.equal(code, 1);
  assert.match(text, /^No route takes DELETE here: 405, Allow: GET, HEAD, PUT$/m);
  assert.match(text, /\(routes.yaml:3:5\)\n +method is DELETE, the route takes GET,PUT$/m);
  assert.match(text, /\(host\)\n +host is "api.example.com", the route wants other.example.com$/m);
  assert.match(
    text,
    /\(apex\)\n +host is .*, the route wants \*\.api\.example\.com, and "\*\." stands for at least one label$/m,
  );
  assert.match(text, /\(header\)\n +header x-version is "1", the route wants "2"$/m);
  assert.match(text, /\(query\)\n +query parameter beta is "3", the route wants a match of \/\^\[12\]\$\/$/m);
});

test('near misses name the rule by which a route that fits has lost', () => {
  const winner = routeOf('/users/{id}', {
    methods: ['GET'],
    headers: [exact('x', '1')],
    host: 'a.com',
    priority: 2,
  });
  const lost = (changes: Partial<Route>, path = '/users/{name}'): string => {
    const loser = routeOf(path, { ...winner, path, ...changes, origin: 'here' });
    const { code, text } = explain([winner, loser], 'GET', 'a.com/users/7', ['x: 1']);
    assert.equal(code, 0);
    assert.match(text, /^Matches \/users\/\{id\}$/m);
    return /\(here\)\n +also fits, but the matching route (.*)$/m.exec(text)?.[1] ?? text;
  };
  assert.equal(lost({ priority: 1 }), 'has priority 2, this one 1');
  assert.equal(lost({ host: '' }), 'has the more specific host a.com');
  assert.equal(lost({}, '/users/*'), 'has the more specific path /users/{id}');
  assert.equal(lost({ headers: [] }), 'has more conditions: header x=1');
  assert.equal(lost({ methods: [] }), 'lists its methods, this one takes any');
  assert.equal(lost({}), 'is the same and comes first');
});

test('near misses name where the path differs', () => {
  const differs = (pattern: string, path: string): string => {
    const { code, text } = explain([routeOf(pattern, { origin: 'here' })], 'GET', path);
    assert.equal(code, 1);
    assert.match(text, /^No route: 404$/m);
    return /\(here\)\n +(.*)$/m.exec(text)?.[1] ?? '';
  };
  assert.equal(differs('/api/users/{id}', '/api/user/7'), 'segment 2 is "user"; did you mean "users"?');
  assert.equal(differs('/api/users', '/api/teams'), 'segment 2 is "teams", the route has "users"');
  assert.equal(
    differs('/api/Users', '/api/users'),
    'segment 2 is "users", the route has "Users" (paths are matched with case)',
  );
  assert.equal(differs('/users', '/users/'), 'the path ends with "/", the route does not');
  assert.equal(differs('/users/', '/users'), 'the route ends with "/", the path does not');
  assert.equal(differs('/users/*', '/users'), 'the path lacks the "/" after the prefix');
  assert.equal(differs('/users/{rest*}', '/users/'), 'nothing is left for the last parameter');
  assert.equal(differs('/users/{id}', '/users'), 'the path ends before segment 2, a parameter in the route');
  assert.equal(differs('/users/{id}', '/users/'), 'the path is empty at segment 2, a parameter in the route');
  assert.equal(
    differs('/users/{id}', '/users/7/posts'),
    'the path goes on with "/posts", the route ends there',
  );
  assert.equal(
    differs('/users/{id}:go', '/users/7:stop'),
    'segment 2 is "7:stop", which does not fit "{…}:go"',
  );
  assert.equal(differs('/a/b/c', '/x/y/z'), '');
  assert.equal(differs('/teams/{id}', '/users/7'), '');
  assert.equal(differs('/old/*', '/api/x'), '');
  assert.equal(differs('/a/b/c/d', '/a'), '');
});

test('a slip in the path is reported together with what else differs', () => {
  const routes = [
    routeOf('/api/users/{id}', { methods: ['GET'], host: 'a.com' }),
    routeOf('/api/teams', { methods: ['GET'] }),
  ];
  const { text } = explain(routes, 'POST', '/api/user/7');
  assert.match(
    text,
    /segment 2 is "user"; did you mean "users"\?\n +no host is given, the route wants a\.com\n +method is POST, the route takes GET$/m,
  );
  assert.doesNotMatch(text, /teams/);
});

test('a path that is not canonical is matched as the gateway reads it', () => {
  const routes = [routeOf('/a/c', { origin: 'here' })];
  const { code, text } = explain(routes, 'GET', '/a/b/%2e%2E//%63');
  assert.equal(code, 0);
  assert.match(text, /^Canonical path: \/a\/c$/m);
  assert.match(text, /^ {2}sends +GET \/a\/c$/m);
});

test('what never reaches routing', () => {
  assert.match(explain([USERS], 'GET', '/a%00b').text, /400/);
  assert.equal(explain([USERS], 'GET', '/a%00b').code, 1);
  assert.match(explain([USERS], 'TRACE', '/').text, /501, TRACE is never forwarded/);
});

test('the Host header goes before the host of the URL, and predicates see it', () => {
  const routes = [
    routeOf('/x', { id: 'a', host: 'a.com' }),
    routeOf('/x', { id: 'b', host: 'b.com', headers: [exact('host', 'B.com:81')] }),
  ];
  assert.match(explain(routes, 'GET', 'http://a.com/x', ['Host: B.com:81']).text, /^ {2}host +b\.com$/m);
  assert.match(explain(routes, 'GET', 'http://a.com/x').text, /^ {2}host +a\.com$/m);
});

test('what is no request is refused as wrong usage', () => {
  assert.throws(() => explain([], 'G T', '/'), UsageError);
  assert.throws(() => explain([], 'GET', 'http://user@host/'), UsageError);
  assert.throws(() => explain([], 'GET', '/', ['nocolon']), UsageError);
});

test('where services bring routes too, the commands that read the files say so', async () => {
  const text = 'admin: { enabled: false }\nroutes: [{ path: /a, respond: { status: 200 } }]\n';
  const notes = async (more: string): Promise<[string, number][]> =>
    inFolder({ 'octopus.yaml': text + more }, async (folder) => {
      const results: [string, number][] = [];
      for (const [one, positionals] of [
        [command, ['GET', '/a']],
        [routesCommand, []],
      ] as const) {
        let err = '';
        const code = await one.run({
          values: { config: [folder] },
          positionals,
          env: {},
          out: () => {},
          err: (part) => void (err += part),
        });
        results.push([err, code]);
      }
      return results;
    });
  assert.deepEqual(await notes(''), [
    ['', 0],
    ['', 0],
  ]);
  const note =
    'note: routes of services are not in the files; GET /_/routes of the admin API lists those in force\n';
  assert.deepEqual(await notes('farp: { enabled: true }\n'), [
    [note, 0],
    [note, 0],
  ]);
  assert.deepEqual(await notes('discovery: { backend: consul }\n'), [
    [note, 0],
    [note, 0],
  ]);
});
