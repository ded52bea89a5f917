import type { Candidates } from '../candidates.ts';
import type { PickContext } from '../pick-context.ts';

/** Chooses an endpoint. Called for every request: allocates nothing. */
export interface Balancer {
  /**
   * @param candidates at least one
   * @param retry true for a try after the first; must not disturb the order in which first tries are dealt out
   * @param now milliseconds of this thread's `performance.now()`
   * @returns a position in `candidates`
   */
  pick(candidates: Candidates, context: PickContext, retry: boolean, now: number): number;
}
