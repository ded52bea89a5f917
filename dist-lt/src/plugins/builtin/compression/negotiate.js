/** Clients send few different Accept-Encoding values; an attacker may send many, so the cache starts anew when full. */
const CACHE_ENTRIES = 256;
/** Picks the content coding (RFC 9110 section 12.5.3). */
export class Negotiator {
    #offered;
    #cache = new Map();
    /** @param offered the preferred one first */
    constructor(offered) {
        this.#offered = offered;
    }
    /** null: send the body as it is. */
    choose(acceptEncoding) {
        const known = this.#cache.get(acceptEncoding);
        if (known !== undefined)
            return known;
        const chosen = negotiate(acceptEncoding, this.#offered);
        if (this.#cache.size >= CACHE_ENTRIES)
            this.#cache.clear();
        if (acceptEncoding.length <= 256)
            this.#cache.set(acceptEncoding, chosen);
        return chosen;
    }
}
function negotiate(acceptEncoding, offered) {
    const weights = parseWeights(acceptEncoding);
    const others = weights.get('*') ?? 0;
    let best = null;
    let bestWeight = 0;
    for (const encoding of offered) {
        const weight = weightOf(weights, encoding) ?? others;
        if (weight > bestWeight) {
            best = encoding;
            bestWeight = weight;
        }
    }
    // A client that prefers the plain body says so with a higher weight; unlisted, identity is merely acceptable.
    const plain = weights.get('identity') ?? 0;
    return plain > bestWeight ? null : best;
}
function weightOf(weights, encoding) {
    // RFC 9110 section 8.4.1.3: x-gzip is the same as gzip.
    return weights.get(encoding) ?? (encoding === 'gzip' ? weights.get('x-gzip') : undefined);
}
const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;
function parseWeights(field) {
    const weights = new Map();
    for (const member of field.toLowerCase().split(',')) {
        const [coding = '', ...parameters] = member.split(';');
        const name = coding.trim();
        if (name === '' || weights.has(name))
            continue;
        const parameter = parameters[0]?.trim();
        const weight = parameter === undefined ? '1' : WEIGHT.exec(parameter)?.[1];
        // A weight that cannot be read must not switch a coding on.
        weights.set(name, weight === undefined ? 0 : Number(weight));
    }
    return weights;
}
//# sourceMappingURL=negotiate.js.map