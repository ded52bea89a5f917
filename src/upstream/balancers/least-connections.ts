import type { EndpointCells } from '../../shared/endpoint-cells.ts';
import { Candidates } from '../candidates.ts';
import type { PickContext } from '../pick-context.ts';
import type { Balancer } from './balancer.ts';
import type { RoundRobin } from './round-robin.ts';

/** The endpoint with the fewest requests in flight per weight, counted over all threads. Ties take turns by weight. */
export class LeastConnections implements Balancer {
  readonly #cells: EndpointCells;
  readonly #turns: RoundRobin;
  readonly #ties: Candidates;
  /** Position in the candidates of each tie. */
  readonly #positions: Int32Array;

  constructor(cells: EndpointCells, turns: RoundRobin, candidates: Candidates) {
    this.#cells = cells;
    this.#turns = turns;
    this.#ties = new Candidates(candidates.endpoints);
    this.#positions = new Int32Array(candidates.endpoints.length);
  }

  pick(candidates: Candidates, context: PickContext, retry: boolean): number {
    const ties = this.#ties;
    let leastLoad = 0;
    let leastWeight = 0;
    for (let position = 0; position < candidates.count; position++) {
      const load = this.#cells.inFlight(candidates.slotAt(position));
      const weight = candidates.weightAt(position);
      // load / weight compared by products: whole numbers, so that ties are exact.
      const order = leastWeight === 0 ? -1 : load * leastWeight - leastLoad * weight;
      if (order > 0) continue;
      if (order < 0) {
        ties.clear();
        leastLoad = load;
        leastWeight = weight;
      }
      this.#positions[ties.count] = position;
      ties.add(candidates.indexes[position]!);
    }
    if (ties.count === 1) return this.#positions[0]!;
    return this.#positions[this.#turns.pick(ties, context, retry)]!;
  }
}
