import { Weighted } from './weighted.js';
/**
 * One after the other, across all threads. The turn is dealt over the available endpoints only: going on to the next one
 * from an endpoint that is out would give its neighbour a double share.
 */
export class RoundRobin {
    #turns;
    #weighted;
    constructor(turns) {
        this.#turns = turns;
        this.#weighted = new Weighted(turns);
    }
    pick(candidates, context, retry) {
        if (!candidates.even)
            return this.#weighted.pick(candidates, context, retry);
        return this.#turns.next(retry) % candidates.count;
    }
}
//# sourceMappingURL=round-robin.js.map