import assert from 'node:assert/strict';
import { test } from 'node:test';
import { News } from './news.ts';

test('only what is new is told, and no more than anybody reads', () => {
  const news = new News();
  const told: string[] = [];
  const update = (...lines: string[]): string[] => {
    told.length = 0;
    news.update(
      new Map(lines.map((line) => [line, line])),
      (line) => told.push(line),
      (count) => told.push(`${count} more`),
    );
    return told;
  };
  assert.deepEqual(update('a', 'b'), ['a', 'b']);
  assert.deepEqual(update('b', 'c'), ['c']);
  assert.deepEqual(update(), []);
  assert.deepEqual(update('b'), ['b']);
  const many = update(...Array.from({ length: 5_000 }, (_, index) => String(index)));
  assert.deepEqual([many.length, many.at(-1)], [21, '4980 more']);
});
