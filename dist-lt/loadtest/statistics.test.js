import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, ratios, spread } from './statistics.js';
test('the median of an even number of values is the mean of the middle two', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1, 3, 100]), 3.5);
});
test('spread keeps the least and the greatest', () => {
    assert.deepEqual(spread([3, 1, 2]), { median: 2, min: 1, max: 3 });
});
test('ratios compare values of the same round, so that drift cancels', () => {
    assert.deepEqual(ratios([10, 20, 40], [10, 20, 40]), { median: 1, min: 1, max: 1 });
    assert.deepEqual(ratios([30, 20], [20, 20, 99]), { median: 1.25, min: 1, max: 1.5 });
    assert.equal(ratios([], [1]), null);
});
//# sourceMappingURL=statistics.test.js.map