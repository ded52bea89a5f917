import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropTable, KIND_HOST, KIND_UNDERSCORE } from './field-kind.ts';
import { DROP_REMOVED } from './forwarding.ts';
import { HeaderBlock, SCAN_MALFORMED, SCAN_OK, SCAN_TOO_MANY } from './header-block.ts';

function scanned(text: string): HeaderBlock {
  const block = new HeaderBlock();
  assert.equal(block.scan(`${text}\r\n`, 0, 100), SCAN_OK);
  return block;
}

test('fields are found without case, in order, with surrounding space removed', () => {
  const block = scanned('Host: a\r\nX-One:  1 \t\r\nx-one:2\r\nEmpty:\r\n');
  assert.equal(block.get('x-ONE'), '1');
  assert.deepEqual(block.getAll('X-One'), ['1', '2']);
  assert.equal(block.get('empty'), '');
  assert.equal(block.get('absent'), undefined);
  assert.deepEqual(
    [...block.entries()],
    [
      ['Host', 'a'],
      ['X-One', '1'],
      ['x-one', '2'],
      ['Empty', ''],
    ],
  );
});

const MALFORMED = [
  ['no colon', 'Host\r\n'],
  ['space before the colon', 'Host : a\r\n'],
  ['empty name', ': a\r\n'],
  ['folded line', 'A: b\r\n c\r\n'],
  ['bare LF', 'A: b\nC: d\r\n'],
  ['bare CR', 'A: b\rC: d\r\n'],
  ['NUL', 'A: b\0c\r\n'],
  ['DEL', 'A: b\x7f\r\n'],
  ['name outside ASCII', 'Ä: b\r\n'],
] as const;
for (const [name, text] of MALFORMED) {
  test(`A7, A8 ${name} is malformed`, () => {
    assert.equal(new HeaderBlock().scan(`${text}\r\n`, 0, 100), SCAN_MALFORMED);
  });
}

test('A13 more fields than allowed', () => {
  assert.equal(new HeaderBlock().scan('A: 1\r\nB: 2\r\nC: 3\r\n\r\n', 0, 2), SCAN_TOO_MANY);
});

test('grows past its first capacity', () => {
  const text = Array.from({ length: 90 }, (_, i) => `X-${i}: ${i}\r\n`).join('');
  const block = scanned(text);
  assert.equal(block.count, 90);
  assert.equal(block.get('x-89'), '89');
  assert.equal(block.lines(DROP_REMOVED), text);
});

test('edits are applied when the lines are written', () => {
  const block = scanned('Host: a\r\nX-One: 1\r\nX-Two: 2\r\nX-One: 3\r\n');
  block.set('x-one', '9');
  block.append('X-New', 'n');
  block.delete('x-two');
  assert.equal(block.get('X-One'), '9');
  assert.equal(block.has('x-two'), false);
  assert.equal(block.lines(DROP_REMOVED), 'Host: a\r\nx-one: 9\r\nX-New: n\r\n');
  block.set('X-New', 'm');
  assert.equal(block.lines(dropTable(KIND_HOST)), 'x-one: 9\r\nX-New: m\r\n');
});

test('B11 names and values that would break the wire are refused', () => {
  const block = scanned('Host: a\r\n');
  assert.throws(() => block.set('X', 'a\r\nEvil: 1'), TypeError);
  assert.throws(() => block.append('X Y', 'a'), TypeError);
  assert.throws(() => block.set('X', 'snow ☃'), TypeError);
});

test('A17 names with an underscore have their own kind', () => {
  const block = scanned('X_Forwarded_For: 1\r\n');
  assert.equal(block.kinds[0], KIND_UNDERSCORE);
});

test('B7 fields are removed by prefix', () => {
  const block = scanned('X-User-Id: 1\r\nX-Use: 2\r\nx-user-name: 3\r\n');
  block.deletePrefix('x-user-');
  assert.equal(block.lines(DROP_REMOVED), 'X-Use: 2\r\n');
});

test('a block is as new after the next scan', () => {
  const block = scanned('A: 1\r\n');
  block.set('B', '2');
  block.delete('A');
  block.scan('C: 3\r\n\r\n', 0, 100);
  assert.deepEqual([...block.entries()], [['C', '3']]);
});

test('lines that were written before are written again only as long as they hold', () => {
  const all = new Uint8Array(64);
  const none = new Uint8Array(64).fill(1);
  const block = new HeaderBlock().load('A: 1\r\nB: 2\r\n');
  for (let i = 0; i < 3; i++) {
    assert.equal(block.lines(all), 'A: 1\r\nB: 2\r\n');
    assert.equal(block.lines(none), '');
  }
  block.checkpoint();
  block.append('C', '3');
  for (let i = 0; i < 3; i++) assert.equal(block.lines(all), 'A: 1\r\nB: 2\r\nC: 3\r\n');
  block.rewind();
  for (let i = 0; i < 3; i++) assert.equal(block.lines(all), 'A: 1\r\nB: 2\r\n');
  block.delete('a');
  block.checkpoint();
  for (let i = 0; i < 3; i++) assert.equal(block.lines(DROP_REMOVED), 'B: 2\r\n');
  block.load('D: 4\r\n');
  for (let i = 0; i < 3; i++) assert.equal(block.lines(DROP_REMOVED), 'D: 4\r\n');
});
