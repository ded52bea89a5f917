import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyHash } from './key-hash.js';
/** Published vectors of HalfSipHash-2-4 with 64-bit output: key 00…07, message 00 01 02 …, by message length in bytes. */
const VECTORS = {
    0: '218d1f59b9b83cc8',
    2: '064f39ef7c50eb57',
    4: 'd5e78a175be52ea1',
    6: 'ce3e91358aa2bc25',
    8: 'edfee820bce4858c',
    10: '95b0469f06a6f2ee',
    12: '7bc71f9faef5c799',
    14: '3bb1a870eae8e658',
    16: '7336aad25f7bf3b5',
};
function digest(hash) {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(hash.low, 0);
    bytes.writeInt32LE(hash.high, 4);
    return bytes.toString('hex');
}
describe('KeyHash', () => {
    it('is HalfSipHash over UTF-16LE', () => {
        const hash = new KeyHash(0x03020100, 0x07060504, 2, 4);
        for (const [length, expected] of Object.entries(VECTORS)) {
            const message = Buffer.from(Array.from({ length: Number(length) }, (_, i) => i)).toString('utf16le');
            hash.update(message, 0);
            assert.equal(digest(hash), expected, `${length} bytes`);
        }
    });
    it('depends on key, salt, text and length', () => {
        const seen = new Set();
        for (const [key, salt, text] of [
            [1, 0, 'a'],
            [2, 0, 'a'],
            [1, 1, 'a'],
            [1, 0, 'b'],
            [1, 0, 'a\0'],
            [1, 0, ''],
        ]) {
            const hash = new KeyHash(key, 7);
            hash.update(text, salt);
            seen.add(digest(hash));
        }
        assert.equal(seen.size, 6);
    });
    it('spreads similar keys evenly', () => {
        const hash = new KeyHash(11, 13);
        const buckets = new Int32Array(256);
        for (let i = 0; i < 25_600; i++) {
            hash.update(`10.0.${i >> 8}.${i & 255}`, 0);
            buckets[hash.high & 255]++;
        }
        // 100 expected in each; six standard deviations.
        assert.ok(Math.min(...buckets) > 40 && Math.max(...buckets) < 160);
    });
});
//# sourceMappingURL=key-hash.test.js.map