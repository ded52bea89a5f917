import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFilesWarning } from './open-files.ts';

const limits = (files: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${files}              ${files}              files\n`;

test('too few open files are told with both numbers, enough are not', () => {
  assert.equal(openFilesWarning(50_000, limits('1048576')), '');
  assert.equal(openFilesWarning(400, limits('1000')), '');
  assert.match(
    openFilesWarning(50_000, limits('1024')),
    /may open 1024 files, enough for 412 proxied .* is 50000/,
  );
  assert.match(openFilesWarning(401, limits('1000')), /enough for 400/);
});

test('where nobody knows the limit, or there is none, nothing is said', () => {
  assert.equal(openFilesWarning(50_000, ''), '');
  assert.equal(openFilesWarning(50_000, limits('unlimited')), '');
});
