import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../test/support/random.js';
import { referenceFind } from '../../test/support/reference-router.js';
import { exact, regex, routeOf } from '../../test/support/route-records.js';
import { compileSnapshot } from './compile.js';
import { METHOD_NOT_ALLOWED, NO_ROUTE } from './matcher.js';
import { Snapshot } from './snapshot.js';
const TABLES = 250;
const REQUESTS = 80;
const LITERALS = ['a', 'b', 'ab', 'abc', 'a.b', 'a-b', 'x%2Fy'];
const PARAMS = ['{p}', '{p}', '{p}', 'a{p}', '{p}.b', '{p}b', '{p}-{q}', 'a{p}-{q}b', '{p}:go'];
const HOSTS = ['', '', '', 'x.com', '*.x.com', '*.a.x.com', 'a.x.com', 'b.a.x.com'];
const METHODS = [[], [], ['GET'], ['GET'], ['HEAD'], ['POST', 'PUT'], ['GET', 'HEAD'], ['PURGE']];
const HEADERS = [[], [], [], [], [], [exact('x-v', '1')], [exact('x-v', '2')], [regex('x-v', '^[12]$')]];
const QUERIES = [[], [], [], [], [], [exact('beta', '1')], [regex('beta', '.')]];
const PRIORITIES = [0, 0, 0, 0, 10, -5, 2.5];
const REQUEST_SEGMENTS = [
    'a',
    'b',
    'ab',
    'abc',
    'a.b',
    'a-b',
    'a--b',
    'x',
    '1.b',
    '7:go',
    'a1-2b',
    'x%2Fy',
    'x-y-z',
];
const REQUEST_HOSTS = ['x.com', 'a.x.com', 'b.a.x.com', 'c.b.a.x.com', 'other.org', 'xx.com', '', '.x.com'];
const REQUEST_METHODS = ['GET', 'GET', 'HEAD', 'POST', 'PUT', 'PURGE', 'UNKNOWN'];
function randomPattern(random) {
    const used = new Set();
    let path = '';
    const count = random.below(4);
    for (let i = 0; i < count; i++) {
        const template = random.pick(random.chance(0.55) ? LITERALS : PARAMS);
        path += `/${template.replace(/\{(\w)\}/g, (_, name) => `{${name}${i}}`)}`;
        used.add(template);
    }
    const tail = random.below(6);
    if (tail === 0)
        return `${path}/*`;
    if (tail === 1)
        return `${path}/{rest*}`;
    if (tail === 2)
        return `${path}/`;
    return path === '' ? '/' : path;
}
function randomTable(random, withPriorities) {
    return Array.from({ length: 1 + random.below(25) }, (_, i) => routeOf(randomPattern(random), {
        id: `r${i}`,
        host: random.pick(HOSTS),
        methods: random.pick(METHODS),
        headers: random.pick(HEADERS),
        query: random.pick(QUERIES),
        priority: withPriorities ? random.pick(PRIORITIES) : 0,
    }));
}
function randomPath(random) {
    let path = '';
    for (let i = random.below(5); i > 0; i--)
        path += `/${random.pick(REQUEST_SEGMENTS)}`;
    return path === '' || random.chance(0.2) ? `${path}/` : path;
}
/** A path that the pattern of some route matches, unless one of its values spoils it. */
function pathFor(random, route) {
    return route.path
        .replace(/\/\*$|\/\{rest\*\}$/, () => randomPath(random))
        .replace(/\{\w+\}/g, () => random.pick(REQUEST_SEGMENTS));
}
function randomRequest(random, routes) {
    const aim = random.pick(routes);
    return {
        host: random.chance(0.5) ? aim.host.replace('*', 'a') : random.pick(REQUEST_HOSTS),
        path: random.chance(0.7) ? pathFor(random, aim) : randomPath(random),
        method: random.chance(0.5) ? (aim.methods[0] ?? 'GET') : random.pick(REQUEST_METHODS),
        headers: new Map(random.chance(0.6) ? [['x-v', random.pick(['1', '2', '12'])]] : []),
        query: new Map(random.chance(0.5) ? [['beta', random.pick(['1', ''])]] : []),
    };
}
test('find agrees with a plain reading of the rules', () => {
    let matches = 0;
    let refusals = 0;
    for (let seed = 1; seed <= TABLES; seed++) {
        const random = new Random(seed);
        const routes = randomTable(random, seed % 2 === 0);
        const { buffer, refused } = compileSnapshot({ routes, upstreams: [], plugins: [] }, seed);
        assert.deepEqual(refused, []);
        const snapshot = new Snapshot(buffer);
        for (let i = 0; i < REQUESTS; i++) {
            const request = randomRequest(random, routes);
            const { host, path, method, headers, query } = request;
            const source = {
                header: (name) => headers.get(name),
                query: (name) => query.get(name),
            };
            const expected = referenceFind(routes, request);
            const index = snapshot.find(host, path, method, source);
            const what = `seed ${seed}: ${method} ${host}${path}`;
            if (expected.route !== null) {
                matches++;
                assert.equal(index >= 0 ? snapshot.route(index).id : index, expected.route.id, what);
                const captured = expected.params.map((_, p) => path.slice(snapshot.paramStart[p], snapshot.paramEnd[p]));
                assert.deepEqual(captured, expected.params, what);
                const atOnce = snapshot.params(index, path);
                snapshot.find(host, '/elsewhere', method, source);
                assert.deepEqual(snapshot.params(index, path), atOnce, what);
            }
            else if (expected.allowed.length > 0) {
                refusals++;
                assert.equal(index, METHOD_NOT_ALLOWED, what);
                assert.deepEqual(snapshot.allowedMethods(host, path, source).sort(), expected.allowed, what);
            }
            else {
                assert.equal(index, NO_ROUTE, what);
            }
        }
    }
    // The comparison means something only if all kinds of answers occur.
    assert.ok(matches > 6000, `${matches} matches`);
    assert.ok(refusals > 1000, `${refusals} refusals`);
});
//# sourceMappingURL=find.property.test.js.map