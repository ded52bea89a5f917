import { Candidates } from '../candidates.js';
import { RoundRobin } from './round-robin.js';
/** The endpoint with the fewest requests in flight per weight, counted over all threads. Ties take turns by weight. */
export class LeastConnections {
    #cells;
    #turns;
    #weightedTurns;
    /** Positions of the candidates that tie. */
    #ties;
    #weightedTies;
    constructor(cells, turns, candidates) {
        this.#cells = cells;
        this.#turns = turns;
        this.#weightedTurns = new RoundRobin(turns);
        this.#ties = new Int32Array(candidates.endpoints.length);
        this.#weightedTies = new Candidates(candidates.endpoints);
    }
    pick(candidates, context, retry) {
        const count = this.#findTies(candidates);
        if (count === 1)
            return this.#ties[0];
        if (candidates.even)
            return this.#ties[this.#turns.next(retry) % count];
        const ties = this.#weightedTies;
        ties.clear();
        for (let tie = 0; tie < count; tie++)
            ties.add(candidates.indexes[this.#ties[tie]]);
        return this.#ties[this.#weightedTurns.pick(ties, context, retry)];
    }
    /** @returns how many candidates share the least load */
    #findTies(candidates) {
        let count = 0;
        let leastLoad = 0;
        let leastWeight = 0;
        for (let position = 0; position < candidates.count; position++) {
            const load = this.#cells.inFlight(candidates.slots[position]);
            const weight = candidates.weights[position];
            // load / weight compared by products: whole numbers, so that ties are exact.
            const order = count === 0 ? -1 : load * leastWeight - leastLoad * weight;
            if (order > 0)
                continue;
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
//# sourceMappingURL=least-connections.js.map