import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exact, proxyTo, regex, routeOf } from '../../../test/support/route-records.js';
import { runRoutes } from './routes.js';
const ROUTES = [
    routeOf('/*', { action: { kind: 'respond', status: 404, headers: [], body: '' }, origin: 'a.yaml:30:5' }),
    routeOf('/users/{id}', { methods: ['GET', 'PUT'], origin: 'a.yaml:10:5', action: proxyTo('users') }),
    routeOf('/old', {
        host: '*.example.com',
        priority: 10,
        action: { kind: 'redirect', status: 301, location: 'https://new.example.com{path}' },
    }),
    routeOf('/users/{id}', {
        headers: [exact('x-version', '2')],
        query: [regex('beta', '^1')],
        origin: 'a.yaml:20:5',
        action: proxyTo('', {
            targets: [
                { upstream: 'blue', weight: 90 },
                { upstream: 'green', weight: 10 },
            ],
        }),
    }),
];
function run(json) {
    let text = '';
    const code = runRoutes({
        routeSet: { routes: ROUTES, upstreams: [], plugins: [] },
        json,
        out: (part) => (text += part),
    });
    assert.equal(code, 0);
    return text;
}
test('the table is aligned and in match order', () => {
    assert.equal(run(false), `PRIORITY  HOST           METHODS  PATH         CONDITIONS                         ACTION                                      FROM
10        *.example.com  any      /old         -                                  redirect 301 https://new.example.com{path}  file
0         any            any      /users/{id}  header x-version=2, query beta~^1  split blue:90, green:10                     a.yaml:20:5
0         any            GET,PUT  /users/{id}  -                                  upstream users                              a.yaml:10:5
0         any            any      /*           -                                  respond 404                                 a.yaml:30:5
`);
});
test('--json has the same order and every part of the match', () => {
    const routes = JSON.parse(run(true));
    assert.deepEqual(routes.map((route) => route['path']), ['/old', '/users/{id}', '/users/{id}', '/*']);
    assert.deepEqual(routes[1]['headers'], { 'x-version': '2' });
    assert.deepEqual(routes[1]['query'], { beta: { regex: '^1' } });
    assert.equal(routes[2]['upstream'], 'users');
    assert.equal(routes[2]['origin'], 'a.yaml:10:5');
});
//# sourceMappingURL=routes.test.js.map