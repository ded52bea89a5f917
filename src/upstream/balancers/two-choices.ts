import type { EndpointCells } from '../../shared/endpoint-cells.ts';
import type { Candidates } from '../candidates.ts';
import type { Balancer } from './balancer.ts';
import { otherPosition } from './random.ts';

/**
 * Takes two by chance and of these the one with fewer requests in flight per weight. Nearly as even as looking at all,
 * at a cost that does not grow with their number. The first is drawn by weight and wins ties, so that an idle upstream
 * is used by weight.
 */
export class TwoChoices implements Balancer {
  readonly #cells: EndpointCells;

  constructor(cells: EndpointCells) {
    this.#cells = cells;
  }

  pick(candidates: Candidates): number {
    const first = candidates.positionAt(Math.random());
    const second = otherPosition(candidates, first);
    const firstLoad = this.#cells.inFlight(candidates.slots[first]!) * candidates.weights[second]!;
    const secondLoad = this.#cells.inFlight(candidates.slots[second]!) * candidates.weights[first]!;
    return secondLoad < firstLoad ? second : first;
  }
}
