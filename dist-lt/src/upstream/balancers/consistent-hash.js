import { cookieEnd, cookieStart } from '../cookies.js';
import { hashText, mix } from '../hash.js';
const RANGE = 2 ** 32;
/**
 * Rendezvous hashing: each endpoint draws a number from key and address, the best number wins. When an endpoint goes,
 * exactly its own keys move, spread over all others by weight; when it comes back they return. Shares follow the
 * weights without the lumps of a hash ring, nothing is built at a reload, and all threads and gateways agree. Costs a
 * few nanoseconds per endpoint and request.
 */
export class ConsistentHash {
    #key;
    /** By endpoint index. */
    #seeds;
    constructor(key, candidates) {
        this.#key = key;
        this.#seeds = Int32Array.from(candidates.endpoints, (endpoint) => hashText(endpoint.address));
    }
    pick(candidates, context) {
        const key = this.#hashKey(context);
        return candidates.even ? this.#pickEven(candidates, key) : this.#pickWeighted(candidates, key);
    }
    #pickEven(candidates, key) {
        let best = 0;
        let bestDraw = -1;
        for (let position = 0; position < candidates.count; position++) {
            const draw = mix(key ^ this.#seeds[candidates.indexes[position]]);
            if (draw > bestDraw) {
                bestDraw = draw;
                best = position;
            }
        }
        return best;
    }
    /** With u drawn evenly from (0, 1), the least -ln(u) / weight wins with a probability in proportion to the weight. */
    #pickWeighted(candidates, key) {
        let best = 0;
        let least = Number.POSITIVE_INFINITY;
        for (let position = 0; position < candidates.count; position++) {
            const draw = (mix(key ^ this.#seeds[candidates.indexes[position]]) + 0.5) / RANGE;
            const bound = least * candidates.weights[position];
            // -ln(u) is never below 1 - u: most endpoints are out without a logarithm.
            if (1 - draw >= bound)
                continue;
            const cost = -Math.log(draw);
            if (cost < bound) {
                least = cost / candidates.weights[position];
                best = position;
            }
        }
        return best;
    }
    #hashKey(context) {
        const { kind, name } = this.#key;
        if (kind === 'path')
            return hashText(context.path);
        if (kind === 'header') {
            const value = context.headers.get(name);
            if (value !== undefined && value !== '')
                return hashText(value);
        }
        else if (kind === 'cookie') {
            const field = context.headers.get('cookie');
            const start = field === undefined ? -1 : cookieStart(field, name);
            if (start >= 0)
                return hashText(field, start, cookieEnd(field, start));
        }
        return hashText(context.clientIp);
    }
}
//# sourceMappingURL=consistent-hash.js.map