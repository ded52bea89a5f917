import { otherPosition } from './random.js';
/**
 * Takes two by chance and of these the one with fewer requests in flight per weight. Nearly as even as looking at all,
 * at a cost that does not grow with their number. The first is drawn by weight and wins ties, so that an idle upstream
 * is used by weight.
 */
export class TwoChoices {
    #cells;
    constructor(cells) {
        this.#cells = cells;
    }
    pick(candidates) {
        const first = candidates.positionAt(Math.random());
        const second = otherPosition(candidates, first);
        const firstLoad = this.#cells.inFlight(candidates.slots[first]) * candidates.weights[second];
        const secondLoad = this.#cells.inFlight(candidates.slots[second]) * candidates.weights[first];
        return secondLoad < firstLoad ? second : first;
    }
}
//# sourceMappingURL=two-choices.js.map