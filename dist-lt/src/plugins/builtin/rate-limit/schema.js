import { z } from 'zod';
import { duration, whole } from '../../fields.js';
/** More does not fit into the shared counters. */
export const MAX_LIMIT = 16_000_000;
const KEY = /^(ip|route|header:[!#$%&'*+\-.^_`|~0-9A-Za-z]+)$/;
export const rateLimitSchema = z
    .strictObject({
    algorithm: z
        .enum(['token-bucket', 'sliding-window'])
        .default('token-bucket')
        .describe('`token-bucket`: `burst` at once, refilled evenly. `sliding-window`: at most `limit` in any `window`.'),
    limit: whole(1, MAX_LIMIT).default(1000).describe('Requests allowed in each `window`.'),
    window: duration().prefault('1m').describe('Time to which `limit` refers.'),
    burst: whole(1, MAX_LIMIT)
        .optional()
        .describe('Token bucket only: requests that may come at once. The same as `limit` unless set.'),
    key: z
        .array(z
        .string()
        .regex(KEY, { error: 'expected ip, route or header:NAME' })
        .meta({ notation: '`ip`, `route` or `header:NAME`' }))
        .default(['ip'])
        .describe('What shares one limit: each client `ip`, each `route`, each value of `header:NAME`, or each combination. Empty: one limit for everything. A request without that header is counted by its client address.'),
    ipv6_prefix: whole(16, 128)
        .default(64)
        .describe('IPv6 clients are told apart by this many leading bits: one subscriber owns a whole /64.'),
    name: z
        .string()
        .regex(/^[A-Za-z0-9_.-]{1,64}$/, {
        error: 'expected a short name of letters, digits, "_", "." and "-"',
    })
        .default('default')
        .describe('Name of the policy in the RateLimit fields.'),
    headers: z
        .boolean()
        .default(true)
        .describe('Send RateLimit and RateLimit-Policy with every response. Retry-After always comes with a 429.'),
})
    .refine((config) => config.burst === undefined || config.algorithm === 'token-bucket', {
    path: ['burst'],
    error: 'only the token bucket has a burst',
});
//# sourceMappingURL=schema.js.map