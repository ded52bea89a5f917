import assert from 'node:assert/strict';

const TRIES = 4;

/**
 * Holds a promise about time: `measure`, which gives milliseconds, stays below the limit. The best of some tries counts,
 * because the machine of the test is not alone in the world; a fault is slow every time.
 */
export async function atBest(limit: number, measure: () => Promise<number>): Promise<void> {
  const times: number[] = [];
  while (times.length < TRIES && !times.some((time) => time < limit)) times.push(await measure());
  assert.ok(Math.min(...times) < limit, `${times.map(Math.round).join(', ')} ms`);
}
