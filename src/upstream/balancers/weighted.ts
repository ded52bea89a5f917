import type { Candidates } from '../candidates.ts';
import type { PickContext } from '../pick-context.ts';
import type { Balancer } from './balancer.ts';
import type { Turns } from './turns.ts';

/** 2^32 divided by the golden ratio, made odd: multiples of it modulo 2^32 fill the range more evenly than any other's. */
const GOLDEN = 0x9e3779b1;
const RANGE = 2 ** 32;

/**
 * Shares by weight, spread smoothly: turn n looks up the point n * golden ratio (modulo 1) among the weights. Such a
 * sequence hits every part of the range in proportion to its length from the first turns on, without bursts, for any
 * weights and without a table that would have to be rebuilt when an endpoint goes or comes.
 */
export class Weighted implements Balancer {
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  pick(candidates: Candidates, _context: PickContext, retry: boolean): number {
    const point = Math.imul(this.#turns.next(retry), GOLDEN) >>> 0;
    return candidates.positionAt(point / RANGE);
  }
}
