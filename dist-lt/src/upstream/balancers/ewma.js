import { otherPosition } from './random.js';
/** An endpoint that has not answered yet and is busy: unknown, so not better than one that is known to be slow. */
const UNKNOWN_LATENCY = 1_000;
/**
 * Of two taken by chance the one where a request is expected to be done first: latency (peak EWMA, shared by all
 * threads) times the requests in flight with this one. The first is drawn by weight and wins ties.
 */
export class Ewma {
    #cells;
    constructor(cells) {
        this.#cells = cells;
    }
    pick(candidates, _context, _retry, now) {
        const first = candidates.positionAt(Math.random());
        const second = otherPosition(candidates, first);
        const firstCost = this.#cost(candidates.slots[first], now) * candidates.weights[second];
        const secondCost = this.#cost(candidates.slots[second], now) * candidates.weights[first];
        return secondCost < firstCost ? second : first;
    }
    #cost(slot, now) {
        const inFlight = this.#cells.inFlight(slot);
        const latency = this.#cells.latency(slot, now);
        if (latency > 0)
            return latency * (inFlight + 1);
        // Unknown and idle: worth one request to find out.
        return inFlight === 0 ? 0 : UNKNOWN_LATENCY * (inFlight + 1);
    }
}
//# sourceMappingURL=ewma.js.map