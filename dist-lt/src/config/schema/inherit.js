/** Settings in layers: of one route or upstream, then those under `routing`, then what the schema says. */
import { z } from 'zod';
/**
 * A key that is left open in the parsed configuration, so that the layers can be told apart. See `inherit`.
 * The JSON Schema shows the fallback as its default.
 */
export const inheritable = (schema, fallback) => schema.optional().meta({ fallback });
const cache = new WeakMap();
/** What an object of inheritable keys means when nothing is written, parsed. */
export function fallbacksOf(schema) {
    let fallbacks = cache.get(schema);
    if (fallbacks === undefined) {
        const input = {};
        for (const [key, field] of Object.entries(schema.shape))
            input[key] = z.globalRegistry.get(field)?.['fallback'];
        fallbacks = schema.parse(input);
        cache.set(schema, fallbacks);
    }
    return fallbacks;
}
/** @param layers the strongest last; those that are undefined or switched off add nothing */
export function inherit(schema, ...layers) {
    // The fallbacks hold every key and a layer only keys of the schema, so none can be missing.
    return Object.assign({}, fallbacksOf(schema), ...layers.filter((layer) => layer !== false));
}
//# sourceMappingURL=inherit.js.map