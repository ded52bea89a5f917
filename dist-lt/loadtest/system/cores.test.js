import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut, parseCoreList } from './cores.js';
test('lists of cores as the kernel writes them', () => {
    assert.deepEqual(parseCoreList('0'), [0]);
    assert.deepEqual(parseCoreList('0-2,5,8-9'), [0, 1, 2, 5, 8, 9]);
});
test('on two cores the proxy has one and origin and load share the other', () => {
    assert.deepEqual(layOut([0, 1], 1), {
        proxy: '1',
        origin: '0',
        load: '0',
        loadThreads: 1,
        overlapping: false,
    });
});
test('more cores part origin and load', () => {
    assert.deepEqual(layOut([0, 1, 2, 3], 1), {
        proxy: '3',
        origin: '1,2',
        load: '0',
        loadThreads: 1,
        overlapping: false,
    });
    assert.deepEqual(layOut([0, 1, 2, 3], 2), {
        proxy: '2,3',
        origin: '1',
        load: '0',
        loadThreads: 1,
        overlapping: false,
    });
});
test('too few cores are shared by all, and said to be', () => {
    assert.deepEqual(layOut([0, 1], 2), {
        proxy: '0,1',
        origin: '0,1',
        load: '0,1',
        loadThreads: 1,
        overlapping: true,
    });
});
//# sourceMappingURL=cores.test.js.map