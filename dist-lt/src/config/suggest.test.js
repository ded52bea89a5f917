import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest, didYouMean, editDistance } from './suggest.js';
test('counts insertions, deletions, substitutions and swaps', () => {
    assert.equal(editDistance('retries', 'retries', 9), 0);
    assert.equal(editDistance('retries', 'retires', 9), 1);
    assert.equal(editDistance('kitten', 'sitting', 9), 3);
    assert.equal(editDistance('', 'abc', 9), 3);
    assert.equal(editDistance('abcdef', 'ghijkl', 3), 3, 'gives up at the limit');
});
test('suggests what is close and nothing else', () => {
    const keys = ['timeout', 'retries', 'load_balance', 'host'];
    assert.equal(closest('retires', keys), 'retries');
    assert.equal(closest('loadBalance', keys), 'load_balance');
    assert.equal(closest('load-balance', keys), 'load_balance');
    assert.equal(closest('hots', keys), 'host');
    assert.equal(closest('colour', keys), null);
    assert.equal(closest('x', keys), null);
    assert.equal(didYouMean('timeuot', keys), '. Did you mean "timeout"?');
    assert.equal(didYouMean('zzz', keys), '');
});
//# sourceMappingURL=suggest.test.js.map