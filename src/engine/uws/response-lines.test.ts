import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseLines } from './response-lines.ts';

test('Date and Content-Length are taken out, whatever their case and place', () => {
  const lines = new ResponseLines();
  lines.read('X: 1\r\nDATE: now\r\nY: 2\r\ncontent-length: 12\r\nZ: 3\r\n');
  assert.equal(lines.text, 'X: 1\r\nY: 2\r\nZ: 3\r\n');
  assert.equal(lines.length, 12);
  lines.read('Date: now\r\nContent-Length: 0\r\n');
  assert.equal(lines.text, '');
  assert.equal(lines.length, 0);
});

test('other lines stay as they are, also those that only look alike', () => {
  const lines = new ResponseLines();
  const text = 'X-Date: 1\r\nDated: 2\r\nX-Content-Length: 3\r\n';
  lines.read(text);
  assert.equal(lines.text, text);
  assert.equal(lines.length, -1);
  lines.read('');
  assert.equal(lines.text, '');
});
