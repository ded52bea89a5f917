/** 2^32 divided by the golden ratio, made odd: multiples of it modulo 2^32 fill the range more evenly than any other's. */
const GOLDEN = 0x9e3779b1;
const RANGE = 2 ** 32;
/**
 * Shares by weight, spread smoothly: turn n looks up the point n * golden ratio (modulo 1) among the weights. Such a
 * sequence hits every part of the range in proportion to its length from the first turns on, without bursts, for any
 * weights and without a table that would have to be rebuilt when an endpoint goes or comes.
 */
export class Weighted {
    #turns;
    constructor(turns) {
        this.#turns = turns;
    }
    pick(candidates, _context, retry) {
        const point = Math.imul(this.#turns.next(retry), GOLDEN) >>> 0;
        return candidates.positionAt(point / RANGE);
    }
}
//# sourceMappingURL=weighted.js.map