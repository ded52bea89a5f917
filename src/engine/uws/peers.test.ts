import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, Peers } from './peers.ts';

const address = (...bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer;
const nth = (index: number): ArrayBuffer => address(10, index >> 16, (index >> 8) & 255, index & 255);

test('addresses are written as RFC 5952 says', () => {
  const text = (...bytes: number[]): string => addressText(Uint8Array.from(bytes));
  assert.equal(text(192, 0, 2, 7), '192.0.2.7');
  assert.equal(text(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 7), '192.0.2.7');
  assert.equal(text(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), '2001:db8::1');
  assert.equal(text(...new Array<number>(15).fill(0), 1), '::1');
  assert.equal(text(), '');
});

test('one address has one entry, and takes back what it kept', () => {
  const peers = new Peers<object>(() => 80);
  const entry = peers.entry(nth(1));
  assert.equal(peers.entry(nth(1)), entry);
  assert.notEqual(peers.entry(nth(2)), entry);
  assert.equal(entry.take(), undefined);
  const kept = {};
  entry.give(kept);
  assert.equal(entry.take(), kept);
  assert.equal(entry.take(), undefined);
});

test('what is kept is limited, for one address and for all', () => {
  const peers = new Peers<object>(() => 80);
  const keep = (index: number): number => {
    const entry = peers.entry(nth(index));
    for (let i = 0; i < 1000; i++) entry.give({});
    let kept = 0;
    const taken: object[] = [];
    for (let one = entry.take(); one !== undefined; one = entry.take()) taken[kept++] = one;
    for (const one of taken) entry.give(one);
    return kept;
  };
  assert.equal(keep(0), 64);
  let total = 64;
  for (let index = 1; index < 200; index++) total += keep(index);
  assert.equal(total, 4096);
});

test('addresses without end are forgotten, not collected', () => {
  const peers = new Peers<object>(() => 80);
  const first = peers.entry(nth(0));
  for (let index = 1; index <= 10_000; index++) peers.entry(nth(index));
  assert.notEqual(peers.entry(nth(0)), first);
});
