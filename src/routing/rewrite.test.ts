import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PathRewrite } from './model.ts';
import { rewritePath } from './rewrite.ts';

function rewritten(path: string, changes: Partial<PathRewrite>): string {
  return rewritePath({ stripPrefix: '', pattern: '', replacement: '', addPrefix: '', ...changes }, path);
}

test('a prefix is stripped only at a segment boundary', () => {
  const cases: [string, string, string][] = [
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
    pattern: '^/users/(\\d+)',
    replacement: '/people/$1',
    addPrefix: '/v2',
  };
  assert.equal(rewritten('/api/users/7/posts', rewrite), '/v2/people/7/posts');
  assert.equal(rewritten('/users/7', rewrite), '/v2/people/7');
  assert.equal(rewritten('/api/teams/7', rewrite), '/v2/teams/7');
});

test('the regex replaces its first match and the result begins with a slash', () => {
  assert.equal(rewritten('/a/a/a', { pattern: 'a', replacement: 'b' }), '/b/a/a');
  assert.equal(rewritten('/old/x', { pattern: '^/old/', replacement: '' }), '/x');
  assert.equal(rewritten('/old', { pattern: '.*', replacement: '' }), '/');
});

test('a replacement cannot break the request line or end the path (rule B11)', () => {
  assert.equal(
    rewritten('/a/b', { pattern: 'b', replacement: 'x y\r\nHost: evil' }),
    '/a/x%20y%0D%0AHost:%20evil',
  );
  assert.equal(rewritten('/a/b', { pattern: 'b', replacement: 'c?d#e' }), '/a/c%3Fd%23e');
  assert.equal(rewritten('/a/b', { pattern: 'b', replacement: 'caf\u00e9' }), '/a/caf%C3%A9');
});

test('a rewrite that would make a dot segment is not applied', () => {
  assert.equal(rewritten('/files/.-./secret', { pattern: '-', replacement: '' }), '/files/.-./secret');
  assert.equal(rewritten('/files/x', { pattern: 'files/x', replacement: '..' }), '/files/x');
  assert.equal(rewritten('/files/%2/x', { pattern: '%2', replacement: '%2E%2e' }), '/files/%2/x');
  assert.equal(rewritten('/files/a..b', { pattern: 'a', replacement: 'c' }), '/files/c..b');
});
