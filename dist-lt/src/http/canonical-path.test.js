import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalPath } from './canonical-path.js';
const DEFAULTS = {
    doubleSlash: 'merge',
    encodedSlash: 'keep',
    backslash: 'reject',
    parameters: 'keep',
};
const CASES = [
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/../../b', '/b'],
    ['/a/..', '/'],
    ['/a/b/.', '/a/b/'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/%2E/b', '/a/b'],
    ['/%61dmin/%7euser', '/admin/~user'],
    ['/a%20b', '/a%20b'],
    ['/a%c3%a9', '/a%C3%A9'],
    ['/a//b///c', '/a/b/c'],
    ['//admin', '/admin'],
    ['/a//', '/a/'],
    ['/a%2fb', '/a%2Fb'],
    ['/a/..%2f..%2fadmin', null],
    ['/a/%2e%2e%2fadmin', null],
    ['/a/..;/admin', null],
    ['/a;v=1/b', '/a;v=1/b'],
    ['/a\\b', null],
    ['/a%5cb', null],
    ['/a%00b', null],
    ['/a%0d%0ab', null],
    ['/a%zz', null],
    ['/a%4', null],
    ['/a..b', '/a..b'],
    ['/...', '/...'],
];
for (const [path, expected] of CASES) {
    test(`B13 ${path} is ${expected ?? 'refused'}`, () => assert.equal(canonicalPath(path, DEFAULTS), expected));
}
test('B13 the policy decides about ambiguous spellings', () => {
    assert.equal(canonicalPath('/a//b', { ...DEFAULTS, doubleSlash: 'keep' }), '/a//b');
    assert.equal(canonicalPath('/a//b', { ...DEFAULTS, doubleSlash: 'reject' }), null);
    assert.equal(canonicalPath('/a%2Fb', { ...DEFAULTS, encodedSlash: 'reject' }), null);
    assert.equal(canonicalPath('/a\\b', { ...DEFAULTS, backslash: 'keep' }), '/a\\b');
    assert.equal(canonicalPath('/a;b', { ...DEFAULTS, parameters: 'reject' }), null);
});
test('a canonical path is its own canonical form', () => {
    for (const [, canonical] of CASES) {
        if (canonical !== null)
            assert.equal(canonicalPath(canonical, DEFAULTS), canonical);
    }
});
//# sourceMappingURL=canonical-path.test.js.map