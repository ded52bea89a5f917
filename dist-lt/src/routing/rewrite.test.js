import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rewritePath } from './rewrite.js';
function rewritten(path, changes) {
    return rewritePath({ stripPrefix: '', rules: [], addPrefix: '', ...changes }, path);
}
function rule(pattern, replacement, linear = false) {
    return { rules: [{ pattern, replacement, linear }] };
}
test('a prefix is stripped only at a segment boundary', () => {
    const cases = [
        ['/api/users', '/api', '/users'],
        ['/api', '/api', '/'],
        ['/api/', '/api', '/'],
        ['/apis/users', '/api', '/apis/users'],
        ['/api/users', '/api/', '/users'],
        ['/api', '/api/', '/'],
        ['/apis', '/api/', '/apis'],
        ['/other', '/api', '/other'],
        ['/api/api/x', '/api', '/api/x'],
        ['/users', '/', '/users'],
        ['/caf%C3%A9/x', '/caf%C3%A9', '/x'],
    ];
    for (const [path, stripPrefix, expected] of cases) {
        assert.equal(rewritten(path, { stripPrefix }), expected, `${path} without ${stripPrefix}`);
    }
});
test('a prefix is added without doubling the slash', () => {
    assert.equal(rewritten('/x', { addPrefix: '/v1' }), '/v1/x');
    assert.equal(rewritten('/x', { addPrefix: '/v1/' }), '/v1/x');
    assert.equal(rewritten('/', { addPrefix: '/v1' }), '/v1/');
    assert.equal(rewritten('/x', { addPrefix: 'v1' }), '/v1/x');
    assert.equal(rewritten('/x', { addPrefix: '/' }), '/x');
});
test('strip, then regex, then add', () => {
    const rewrite = {
        stripPrefix: '/api',
        ...rule('^/users/(\\d+)', '/people/$1'),
        addPrefix: '/v2',
    };
    assert.equal(rewritten('/api/users/7/posts', rewrite), '/v2/people/7/posts');
    assert.equal(rewritten('/users/7', rewrite), '/v2/people/7');
    assert.equal(rewritten('/api/teams/7', rewrite), '/v2/teams/7');
});
test('the regex replaces its first match and the result begins with a slash', () => {
    assert.equal(rewritten('/a/a/a', rule('a', 'b')), '/b/a/a');
    assert.equal(rewritten('/old/x', rule('^/old/', '')), '/x');
    assert.equal(rewritten('/old', rule('.*', '')), '/');
});
test('a replacement cannot break the request line or end the path (rule B11)', () => {
    assert.equal(rewritten('/a/b', rule('b', 'x y\r\nHost: evil')), '/a/x%20y%0D%0AHost:%20evil');
    assert.equal(rewritten('/a/b', rule('b', 'c?d#e')), '/a/c%3Fd%23e');
    assert.equal(rewritten('/a/b', rule('b', 'caf\u00e9')), '/a/caf%C3%A9');
});
test('a rewrite that would make a dot segment is not applied', () => {
    assert.equal(rewritten('/files/.-./secret', rule('-', '')), '/files/.-./secret');
    assert.equal(rewritten('/files/x', rule('files/x', '..')), '/files/x');
    assert.equal(rewritten('/files/%2/x', rule('%2', '%2E%2e')), '/files/%2/x');
    assert.equal(rewritten('/files/a..b', rule('a', 'c')), '/files/c..b');
});
test('the first rule that matches is the only one that is applied', () => {
    const rules = [
        { pattern: '^/v1/(.*)$', replacement: '/one/$1', linear: true },
        { pattern: '^/(?<which>v[0-9]+)/', replacement: '/old/$<which>/', linear: true },
        { pattern: 'x', replacement: 'y', linear: false },
    ];
    assert.equal(rewritten('/v1/x', { rules }), '/one/x');
    assert.equal(rewritten('/v2/x', { rules }), '/old/v2/x');
    assert.equal(rewritten('/x/x', { rules }), '/y/x');
    assert.equal(rewritten('/z', { rules }), '/z');
});
test('a linear pattern cannot be made to backtrack', () => {
    const path = `/${'a'.repeat(30_000)}!`;
    const started = performance.now();
    assert.equal(rewritten(path, rule('^/(a+)+$', '/b', true)), path);
    assert.ok(performance.now() - started < 2_000);
    assert.throws(() => rewritten('/aa', rule('(a)\\1', 'b', true)), SyntaxError);
});
//# sourceMappingURL=rewrite.test.js.map