import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CASES } from './cases.ts';
import { parseOptions } from './options.ts';

const namesOf = (...args: string[]) => parseOptions(args).cases.map(({ name }) => name);

test('each extent contains the smaller ones, and the first case, beside all proxies, is in all of them', () => {
  const [quick, short, full] = [namesOf('--quick'), namesOf('--short'), namesOf()];
  assert.deepEqual(
    full,
    CASES.map(({ name }) => name),
  );
  assert.ok(quick.length < short.length && short.length < full.length);
  assert.deepEqual(
    quick.filter((name) => !short.includes(name)),
    [],
  );
  assert.equal(quick[0], full[0]);
});

test('beside the first case only the main proxies take part, unless the user names some', () => {
  assert.deepEqual(parseOptions(['--quick']).sidePeers, ['octopus', 'nginx']);
  assert.deepEqual(parseOptions(['--quick', '--peers', 'octopus,caddy']).sidePeers, []);
  assert.deepEqual(parseOptions([]).sidePeers, []);
});

test('what makes no sense is refused', () => {
  assert.throws(() => parseOptions(['--quick', '--short']), /exclude each other/);
  assert.throws(() => parseOptions(['--cases', 'nothing']), /no case is named nothing/);
  assert.throws(() => parseOptions(['--rounds', '1.5']), /whole number/);
});
