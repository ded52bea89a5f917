import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellBuffers, cellsOf, endpointsOf, upstreamOf } from '../../test/support/upstream-records.js';
import { HEALTH_UNHEALTHY } from '../shared/endpoint-cells.js';
import { MAX_ENDPOINTS } from '../shared/memory.js';
import { SlotAllocator, SlotsExhaustedError } from './slots.js';
/** Upstreams by name with that many endpoints, all without slots. */
function setOf(upstreams) {
    const records = Object.entries(upstreams).map(([name, count]) => {
        const endpoints = endpointsOf(Array(count).fill(1)).map((endpoint) => ({ ...endpoint, slot: -1 }));
        return upstreamOf([], { name, slot: -1, endpoints });
    });
    return { routes: [], upstreams: records, plugins: [] };
}
/** `name` -> its slot, `name/index` -> slot of the endpoint. */
function slotsOf(set) {
    const slots = new Map();
    for (const upstream of set.upstreams) {
        slots.set(upstream.name, upstream.slot);
        for (const [index, { slot }] of upstream.endpoints.entries())
            slots.set(`${upstream.name}/${index}`, slot);
    }
    return slots;
}
function allocator() {
    const buffers = cellBuffers();
    const primary = cellsOf(buffers, -1);
    return { slots: new SlotAllocator(primary.endpoints, primary.upstreams), ...cellsOf(buffers, 0) };
}
describe('slots', () => {
    it('are distinct for every upstream and every (upstream, address)', () => {
        const { slots } = allocator();
        const all = slotsOf(slots.assignSlots(setOf({ a: 3, b: 3 }), 1));
        assert.notEqual(all.get('a'), all.get('b'));
        const endpoints = [...all].filter(([name]) => name.includes('/')).map(([, slot]) => slot);
        assert.equal(new Set(endpoints).size, 6);
        assert.ok(endpoints.every((slot) => slot >= 0 && slot < MAX_ENDPOINTS));
    });
    it('stay the same across reloads, whatever comes and goes beside them', () => {
        const { slots } = allocator();
        const before = slotsOf(slots.assignSlots(setOf({ a: 2, b: 2 }), 1));
        slots.assignSlots(setOf({ b: 2, c: 5 }), 2);
        slots.release(2);
        const after = slotsOf(slots.assignSlots(setOf({ c: 5, b: 3 }), 3));
        for (const name of ['b', 'b/0', 'b/1'])
            assert.equal(after.get(name), before.get(name));
    });
    it('an owner that returns before the release finds its slot and its state', () => {
        const { slots, endpoints } = allocator();
        const before = slotsOf(slots.assignSlots(setOf({ a: 1 }), 1));
        endpoints.setHealth(before.get('a/0'), HEALTH_UNHEALTHY);
        slots.assignSlots(setOf({ b: 1 }), 2);
        const after = slotsOf(slots.assignSlots(setOf({ a: 1 }), 3));
        slots.release(3);
        assert.equal(after.get('a/0'), before.get('a/0'));
        assert.equal(endpoints.status(after.get('a/0'), 0).health, 'unhealthy');
    });
    it('are held until all workers serve a generation without them and nothing is in flight', () => {
        const { slots, endpoints } = allocator();
        const old = slotsOf(slots.assignSlots(setOf({ a: 2 }), 1));
        endpoints.begin(old.get('a/0'));
        slots.assignSlots(setOf({ b: 1 }), 2);
        assert.equal(slots.release(1), 0, 'version 1 still uses them');
        const fill = setOf({ b: MAX_ENDPOINTS - 2 });
        slots.assignSlots(fill, 3);
        assert.throws(() => slots.assignSlots(setOf({ b: MAX_ENDPOINTS - 1 }), 4), SlotsExhaustedError);
        assert.equal(slots.release(3), 1, 'one has a request in flight');
        assert.doesNotThrow(() => slots.assignSlots(setOf({ b: MAX_ENDPOINTS - 1 }), 4));
        endpoints.end(old.get('a/0'));
        assert.equal(slots.release(4), 0);
        const full = slotsOf(slots.assignSlots(setOf({ b: MAX_ENDPOINTS }), 5));
        const used = [...full].filter(([name]) => name.includes('/')).map(([, slot]) => slot);
        assert.equal(new Set(used).size, MAX_ENDPOINTS);
    });
    it('come clean to a new owner', () => {
        const { slots, endpoints, upstreams } = allocator();
        const old = slotsOf(slots.assignSlots(setOf({ a: 1 }), 1));
        const slot = old.get('a/0');
        endpoints.setHealth(slot, HEALTH_UNHEALTHY);
        upstreams.countOpened(old.get('a'));
        slots.assignSlots(setOf({}), 2);
        slots.release(2);
        assert.equal(endpoints.status(slot, 0).health, 'unknown');
        assert.equal(upstreams.status(old.get('a'), 0).opened, 0);
    });
    it('too many endpoints: a clear error, and nothing has changed', () => {
        const { slots } = allocator();
        const before = slotsOf(slots.assignSlots(setOf({ a: 2 }), 1));
        assert.throws(() => slots.assignSlots(setOf({ a: 1, b: MAX_ENDPOINTS }), 2), /too many endpoints: 16385 are configured, the gateway has room for 16384, 1 more are still held/);
        assert.equal(slots.release(2), 0);
        assert.deepEqual(slotsOf(slots.assignSlots(setOf({ a: 2 }), 2)), before);
    });
});
//# sourceMappingURL=slots.test.js.map