import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePattern } from './pattern.js';
function canonical(text) {
    const result = parsePattern(text);
    return result.ok ? result.pattern.canonical : `error at ${result.at}: ${result.message}`;
}
test('every spelling has one canonical form', () => {
    const spellings = [
        ['/', '/'],
        ['/users', '/users'],
        ['/users/', '/users/'],
        ['/users/:id', '/users/{id}'],
        ['/users/{id}/posts/:post_id', '/users/{id}/posts/{post_id}'],
        ['/files/{rest*}', '/files/{rest*}'],
        ['/static/*', '/static/*'],
        ['/*', '/*'],
        ['/{all*}', '/{all*}'],
        ['/report.{format}', '/report.{format}'],
        ['/{id}:activate', '/{id}:activate'],
        ['/v{version}/x', '/v{version}/x'],
        ['/compare/{base}...{head}', '/compare/{base}...{head}'],
        ['/users:batch', '/users:batch'],
        ['/caf\u00e9', '/caf%C3%A9'],
        ['/caf%c3%a9', '/caf%C3%A9'],
        ['/%7Euser/%61', '/~user/a'],
        ['/a b', '/a%20b'],
        ['/a%2fb', '/a%2Fb'],
        ['/\u{1f419}/{id}', '/%F0%9F%90%99/{id}'],
        ['/a|b', '/a|b'],
    ];
    for (const [text, expected] of spellings)
        assert.equal(canonical(text), expected, text);
});
test('canonical text parses to itself', () => {
    for (const text of ['/a/{b}/c.{d}', '/x/{rest*}', '/x/*', '/%C3%A9/{a}-{b}', '/']) {
        assert.equal(canonical(canonical(text)), text);
    }
});
test('segments, tail and parameter names', () => {
    const result = parsePattern('/v{n}/{a}-{b}/x/{rest*}');
    assert.ok(result.ok);
    assert.deepEqual(result.pattern.segments, [['v', ''], ['', '-', ''], ['x']]);
    assert.equal(result.pattern.tail, 'rest');
    assert.deepEqual(result.pattern.params, ['n', 'a', 'b', 'rest']);
});
test('mistakes are named with their place', () => {
    const mistakes = [
        ['users', /begins with "\/"/, 0],
        ['', /begins with "\/"/, 0],
        ['/a/*/b', /"\*" ends a path/, 3],
        ['/a/b*', /whole segment at the end/, 4],
        ['/a/{b}-{rest*}', /must be a whole segment/, 8],
        ['/a/{*}', /no parameter name/, 4],
        ['/a/{rest*}/b', /must be the last segment/, 3],
        ['/a/x{rest*}', /must be a whole segment/, 5],
        ['/a//b', /empty segment/, 3],
        ['/a/../b', /can never match/, 3],
        ['/a/%2e%2E', /can never match/, 3],
        ['/a/{id', /"\{" without "\}"/, 3],
        ['/a/id}', /"\}" without "\{"/, 5],
        ['/a/{}', /no parameter name/, 4],
        ['/a/{id:[0-9]+}', /not supported, only names/, 4],
        ['/a/:', /no parameter name/, 4],
        ['/{id}/{id}', /occurs twice/, 7],
        ['/{a}{b}', /text between them/, 4],
        ['/a?b=1', /match the query/, 2],
        ['/a#b', /fragments/, 2],
        ['/a%2', /two hexadecimal digits/, 2],
        ['/a%00', /control characters/, 2],
        ['/a\n', /control characters/, 2],
        ['/\ud800', /surrogate/, 1],
        [`/${'a'.repeat(9000)}`, /at most 8192/, 8192],
    ];
    for (const [text, message, at] of mistakes) {
        const result = parsePattern(text);
        assert.ok(!result.ok, text);
        assert.match(result.message, message, text);
        assert.equal(result.at, at, text);
    }
});
//# sourceMappingURL=pattern.test.js.map