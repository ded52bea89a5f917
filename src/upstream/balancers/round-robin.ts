import type { Candidates } from '../candidates.ts';
import type { PickContext } from '../pick-context.ts';
import type { Balancer } from './balancer.ts';
import type { Turns } from './turns.ts';
import { Weighted } from './weighted.ts';

/**
 * One after the other, across all threads. The turn is dealt over the available endpoints only: going on to the next one
 * from an endpoint that is out would give its neighbour a double share.
 */
export class RoundRobin implements Balancer {
  readonly #turns: Turns;
  readonly #weighted: Weighted;

  constructor(turns: Turns) {
    this.#turns = turns;
    this.#weighted = new Weighted(turns);
  }

  pick(candidates: Candidates, context: PickContext, retry: boolean): number {
    if (!candidates.even) return this.#weighted.pick(candidates, context, retry);
    return this.#turns.next(retry) % candidates.count;
  }
}
