import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escaped } from './escape.js';
const jsonString = (value) => `"${escaped(value)}"`;
test('every UTF-16 code unit survives and the result is printable ASCII', () => {
    for (let code = 0; code <= 0xffff; code++) {
        const value = `a${String.fromCharCode(code)}z`;
        const json = jsonString(value);
        assert.match(json, /^[ -~]+$/);
        assert.equal(JSON.parse(json), value);
    }
});
test('plain text is only quoted', () => {
    assert.equal(jsonString(''), '""');
    assert.equal(jsonString("/users/{id}?q=it's~!"), `"/users/{id}?q=it's~!"`);
});
test('pairs of surrogates stay together', () => {
    assert.equal(JSON.parse(jsonString('🐙')), '🐙');
});
//# sourceMappingURL=escape.test.js.map