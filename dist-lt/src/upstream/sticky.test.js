import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellBuffers, cellsOf, contextOf, endpointsOf, upstreamOf, } from '../../test/support/upstream-records.js';
import { HEALTH_UNHEALTHY } from '../shared/endpoint-cells.js';
import { cookieEnd, cookieStart } from './cookies.js';
import { UpstreamGroup } from './group.js';
function groupOf(weights, parts = {}) {
    const { endpoints, upstreams } = cellsOf(cellBuffers());
    const record = upstreamOf(weights, { sticky: { cookie: 'octopus_route', ttl: 3_600_000 }, ...parts });
    return { group: new UpstreamGroup(record, endpoints, upstreams), endpoints };
}
/** The context of a client that got that Set-Cookie. */
function returning(setCookie) {
    return contextOf({ cookie: `theme=dark; ${setCookie.split(';')[0]}; x=y` });
}
describe('sticky sessions', () => {
    it('the cookie leads back to its endpoint', () => {
        const { group } = groupOf([1, 1, 1]);
        for (const index of [0, 1, 2]) {
            assert.equal(group.stickyIndex(returning(group.stickyCookie(index)), 0), index);
        }
    });
    it('carries its attributes and no address', () => {
        const { group } = groupOf([1]);
        assert.match(group.stickyCookie(0), /^octopus_route=[0-9a-f]{16}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/);
        const session = groupOf([1], { sticky: { cookie: 'r', ttl: 0 } }).group;
        assert.match(session.stickyCookie(0), /^r=[0-9a-f]{16}; Path=\/; HttpOnly; SameSite=Lax$/);
    });
    it('answers -1 without cookie, for an unknown value and for an upstream without sticky sessions', () => {
        const { group } = groupOf([1, 1]);
        assert.equal(group.stickyIndex(contextOf(), 0), -1);
        assert.equal(group.stickyIndex(contextOf({ cookie: 'octopus_route=0000000000000000' }), 0), -1);
        assert.equal(group.stickyIndex(contextOf({ cookie: 'octopus_route=' }), 0), -1);
        const plain = groupOf([1], { sticky: null }).group;
        assert.equal(plain.stickyIndex(returning(group.stickyCookie(0)), 0), -1);
        assert.throws(() => plain.stickyCookie(0), TypeError);
    });
    it('leaves an endpoint that is unhealthy or ejected', () => {
        const { group, endpoints } = groupOf([1, 1, 1], {
            outlier: { consecutiveFailures: 1, ejectFor: 1_000, maxEjected: 0.5 },
        });
        endpoints.setHealth(0, HEALTH_UNHEALTHY);
        group.failed(1, 0);
        assert.equal(group.stickyIndex(returning(group.stickyCookie(0)), 0), -1);
        assert.equal(group.stickyIndex(returning(group.stickyCookie(1)), 0), -1);
        assert.equal(group.stickyIndex(returning(group.stickyCookie(1)), 1_000), 1);
    });
    it('an endpoint with weight 0 keeps the clients it has', () => {
        const { group } = groupOf([0, 1]);
        assert.equal(group.stickyIndex(returning(group.stickyCookie(0)), 0), 0);
        assert.equal(group.pick(contextOf(), null, 0), 1);
    });
    it('the value depends on upstream and address only, not on position or slot', () => {
        const { group } = groupOf([1, 1, 1]);
        const [a, b, c] = endpointsOf([1, 1, 1], 70);
        const other = groupOf([], { endpoints: [c, a, b] }).group;
        assert.equal(other.stickyIndex(returning(group.stickyCookie(1)), 0), 2);
        const stranger = groupOf([1, 1, 1], { name: 'orders' }).group;
        assert.equal(stranger.stickyIndex(returning(group.stickyCookie(1)), 0), -1);
    });
});
describe('reading one cookie', () => {
    for (const [field, value] of [
        ['a=1', '1'],
        ['b=2; a=1', '1'],
        ['b=2;a=1;c=3', '1'],
        ['xa=2; ax=3; a=1', '1'],
        ['b=a=5; a=1', '1'],
        ['a="1"; b=2', '1'],
        ['a=1 ; b=2', '1'],
        ['  a=1', '1'],
        ['a=', ''],
        ['a=1; a=2', '1'],
        ['A=1', null],
        ['a', null],
        ['', null],
        [';;;', null],
    ]) {
        it(`"${field}"`, () => {
            const start = cookieStart(field, 'a');
            assert.equal(start < 0 ? null : field.slice(start, cookieEnd(field, start)), value);
        });
    }
});
//# sourceMappingURL=sticky.test.js.map