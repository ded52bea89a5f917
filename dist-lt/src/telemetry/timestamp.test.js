import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestamp } from './timestamp.js';
test('equals toISOString for any time, forwards and backwards', () => {
    const times = [
        0, 1, 999, 1000, 1001, 59_999, 1_700_000_000_000, 1_700_000_000_007, 1_700_000_000_099, 1_700_000_000_100,
    ];
    for (const time of [...times, ...times.toReversed(), 951_782_399_999, 4_102_444_799_999]) {
        assert.equal(timestamp(time), new Date(time).toISOString());
    }
});
//# sourceMappingURL=timestamp.test.js.map