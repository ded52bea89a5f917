import type { EndpointCells } from '../../shared/endpoint-cells.ts';
import type { Candidates } from '../candidates.ts';
import type { PickContext } from '../pick-context.ts';
import type { Balancer } from './balancer.ts';
import { otherPosition } from './random.ts';

/** An endpoint that has not answered yet and is busy: unknown, so not better than one that is known to be slow. */
const UNKNOWN_LATENCY = 1_000;

/**
 * Of two taken by chance the one where a request is expected to be done first: latency (peak EWMA, shared by all
 * threads) times the requests in flight with this one. The first is drawn by weight and wins ties.
 */
export class Ewma implements Balancer {
  readonly #cells: EndpointCells;

  constructor(cells: EndpointCells) {
    this.#cells = cells;
  }

  pick(candidates: Candidates, _context: PickContext, _retry: boolean, now: number): number {
    const first = candidates.positionAt(Math.random());
    const second = otherPosition(candidates, first);
    const firstCost = this.#cost(candidates.slots[first]!, now) * candidates.weights[second]!;
    const secondCost = this.#cost(candidates.slots[second]!, now) * candidates.weights[first]!;
    return secondCost < firstCost ? second : first;
  }

  #cost(slot: number, now: number): number {
    const inFlight = this.#cells.inFlight(slot);
    const latency = this.#cells.latency(slot, now);
    if (latency > 0) return latency * (inFlight + 1);
    // Unknown and idle: worth one request to find out.
    return inFlight === 0 ? 0 : UNKNOWN_LATENCY * (inFlight + 1);
  }
}
