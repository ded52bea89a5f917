import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PipeliningPause } from './pipelining-pause.js';
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Begins a pause the moment the last one is over, and gives the lengths of all of them. */
function lengths(count) {
    const pause = new PipeliningPause();
    const found = [];
    let now = 1000;
    for (let i = 0; i < count; i++) {
        assert.equal(pause.begin(now), true);
        const from = now;
        while (pause.active(now))
            now += SECOND;
        found.push((now - from) / SECOND);
    }
    return found;
}
test('pauses double from 30 seconds to 10 minutes', () => {
    assert.deepEqual(lengths(7), [30, 60, 120, 240, 480, 600, 600]);
});
test('during a pause nothing begins anew and nothing gets longer', () => {
    const pause = new PipeliningPause();
    assert.equal(pause.active(5), false);
    assert.equal(pause.begin(5), true);
    assert.equal(pause.begin(6), false);
    assert.equal(pause.active(30_004), true);
    assert.equal(pause.active(30_005), false);
});
test('after ten minutes without trouble the pause is short again', () => {
    const pause = new PipeliningPause();
    pause.begin(0);
    pause.begin(30 * SECOND);
    const quiet = 90 * SECOND + 10 * MINUTE;
    assert.equal(pause.begin(quiet), true);
    assert.equal(pause.active(quiet + 30 * SECOND), false);
});
//# sourceMappingURL=pipelining-pause.test.js.map