import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { withMemoryFiles } from './memory-file.ts';

const skip = process.platform === 'linux' ? false : 'Linux only';

test('texts can be read by path while they are used, and are gone afterwards', { skip }, () => {
  const large = 'x'.repeat(300_000);
  let kept: readonly string[] = [];
  const read = withMemoryFiles(['one', large], (paths) => {
    kept = paths;
    return paths.map((path) => readFileSync(path, 'latin1'));
  });
  assert.deepEqual(read, ['one', large]);
  assert.deepEqual(
    kept.filter((path) => existsSync(path)),
    [],
  );
});

test('they are gone when their user throws, too', { skip }, () => {
  let kept = '';
  assert.throws(
    () =>
      withMemoryFiles(['secret'], ([path]) => {
        kept = path!;
        throw new Error('no');
      }),
    /no/,
  );
  assert.equal(existsSync(kept), false);
});
