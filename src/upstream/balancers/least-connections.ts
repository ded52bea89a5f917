import type { EndpointCells } from '../../shared/endpoint-cells.ts';
import { Candidates } from '../candidates.ts';
import type { PickContext } from '../pick-context.ts';
import type { Balancer } from './balancer.ts';
import { RoundRobin } from './round-robin.ts';
import type { Turns } from './turns.ts';

/** The endpoint with the fewest requests in flight per weight, counted over all threads. Ties take turns by weight. */
export class LeastConnections implements Balancer {
  readonly #cells: EndpointCells;
  readonly #turns: Turns;
  readonly #weightedTurns: RoundRobin;
  /** Positions of the candidates that tie. */
  readonly #ties: Int32Array;
  readonly #weightedTies: Candidates;

  constructor(cells: EndpointCells, turns: Turns, candidates: Candidates) {
    this.#cells = cells;
    this.#turns = turns;
    this.#weightedTurns = new RoundRobin(turns);
    this.#ties = new Int32Array(candidates.endpoints.length);
    this.#weightedTies = new Candidates(candidates.endpoints);
  }

  pick(candidates: Candidates, context: PickContext, retry: boolean): number {
    const count = this.#findTies(candidates);
    if (count === 1) return this.#ties[0]!;
    if (candidates.even) return this.#ties[this.#turns.next(retry) % count]!;
    const ties = this.#weightedTies;
    ties.clear();
    for (let tie = 0; tie < count; tie++) ties.add(candidates.indexes[this.#ties[tie]!]!);
    return this.#ties[this.#weightedTurns.pick(ties, context, retry)]!;
  }

  /** @returns how many candidates share the least load */
  #findTies(candidates: Candidates): number {
    let count = 0;
    let leastLoad = 0;
    let leastWeight = 0;
    for (let position = 0; position < candidates.count; position++) {
      const load = this.#cells.inFlight(candidates.slots[position]!);
      const weight = candidates.weights[position]!;
      // load / weight compared by products: whole numbers, so that ties are exact.
      const order = count === 0 ? -1 : load * leastWeight - leastLoad * weight;
      if (order > 0) continue;
      if (order < 0) {
        count = 0;
        leastLoad = load;
        leastWeight = weight;
      }
      this.#ties[count++] = position;
    }
    return count;
  }
}
