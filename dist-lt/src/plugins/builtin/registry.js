import { basicAuth } from './basic-auth/basic-auth.js';
import { compression } from './compression/compression.js';
import { cors } from './cors/cors.js';
import { headers } from './headers/headers.js';
import { ipFilter } from './ip-filter/ip-filter.js';
import { rateLimit } from './rate-limit/rate-limit.js';
import { requestId } from './request-id/request-id.js';
/** Built-in plugins by name. Importing this starts nothing and is cheap enough for `octopus validate`. */
export const BUILTIN_PLUGINS = new Map([requestId, cors, headers, compression, rateLimit, basicAuth, ipFilter].map((plugin) => [
    plugin.name,
    plugin,
]));
/** The built-in of that name; `rate_limit` is also understood as `rate-limit`. */
export function findBuiltin(name) {
    return BUILTIN_PLUGINS.get(name) ?? BUILTIN_PLUGINS.get(name.replaceAll('_', '-'));
}
//# sourceMappingURL=registry.js.map