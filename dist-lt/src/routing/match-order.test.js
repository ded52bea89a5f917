import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exact, routeOf } from '../../test/support/route-records.js';
import { decidingRule, inMatchOrder } from './match-order.js';
/** In the right order; each is told from its neighbours by one rule. */
const ORDERED = [
    routeOf('/*', { id: 'high', priority: 5 }),
    routeOf('/*', { id: 'exact host', host: 'a.example.com' }),
    routeOf('/*', { id: 'long wildcard', host: '*.b.example.com' }),
    routeOf('/*', { id: 'short wildcard', host: '*.example.com' }),
    routeOf('/users/me', { id: 'static' }),
    routeOf('/users/{id}:activate/{x}', { id: 'more literal text' }),
    routeOf('/users/{id}.x/{x}', { id: 'less literal text' }),
    routeOf('/users/{id}', { id: 'beta', query: [exact('beta', '1')] }),
    routeOf('/users/{name}', { id: 'listed', methods: ['GET'] }),
    routeOf('/users/{name}', { id: 'listed later', methods: ['PUT'] }),
    routeOf('/users/{id}', { id: 'any method' }),
    routeOf('/users/{rest*}', { id: 'rest' }),
    routeOf('/users/*', { id: 'wildcard' }),
    routeOf('/*', { id: 'last' }),
    routeOf('/', { id: 'low', priority: -1 }),
];
const ids = (routes) => routes.map((route) => route.id);
test('routes are sorted as the matcher prefers them', () => {
    const shuffled = ORDERED.map((_, i) => ORDERED[(i * 7) % ORDERED.length]).filter((route) => route.id !== 'listed later');
    const at = shuffled.findIndex((route) => route.id === 'listed');
    shuffled.splice(at + 1, 0, ORDERED.find((route) => route.id === 'listed later'));
    assert.deepEqual(ids(inMatchOrder(shuffled)), ids(ORDERED));
});
test('the rule that decides between two routes', () => {
    const rules = ORDERED.slice(1).map((route, i) => decidingRule(ORDERED[i], route));
    assert.deepEqual(rules, [
        'priority',
        'host',
        'host',
        'host',
        'path',
        'path',
        'path',
        'predicates',
        'position',
        'methods',
        'path',
        'path',
        'path',
        'priority',
    ]);
});
//# sourceMappingURL=match-order.test.js.map