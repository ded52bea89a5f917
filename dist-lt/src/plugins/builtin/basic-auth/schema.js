import { z } from 'zod';
import { duration } from '../../fields.js';
const BCRYPT = /^\$2[aby]\$(0[4-9]|1\d|2[0-9]|3[01])\$[./A-Za-z0-9]{53}$/;
const user = z
    .strictObject({
    username: z
        .string()
        .min(1)
        .refine((name) => !/[:\x00-\x1f\x7f]/.test(name), {
        error: 'a user name cannot hold ":" or control characters (RFC 7617)',
    })
        .describe('What the client sends, and what the upstream gets in X-Consumer-Name.'),
    password_hash: z
        .string()
        .regex(BCRYPT, { error: 'expected a bcrypt hash ($2a$, $2b$ or $2y$)' })
        .optional()
        .describe('bcrypt hash of the password.'),
    password: z
        .string()
        .min(1)
        .optional()
        .describe('The password itself, best interpolated from the environment.'),
})
    .refine((entry) => (entry.password === undefined) !== (entry.password_hash === undefined), {
    error: 'expected either password_hash or password',
});
export const basicAuthSchema = z.strictObject({
    users: z
        .array(user)
        .min(1)
        .refine((users) => new Set(users.map((entry) => entry.username)).size === users.length, {
        error: 'a user name is listed twice',
    })
        .describe('Who may pass: `username` with either `password_hash` (bcrypt) or `password`.'),
    realm: z
        .string()
        .regex(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/, {
        error: 'expected plain text without quotes and backslashes',
    })
        .default('octopus')
        .describe('Realm of the challenge that browsers show.'),
    remove_authorization: z
        .boolean()
        .default(true)
        .describe('Take the Authorization field out before the request goes upstream.'),
    cache_ttl: duration()
        .prefault('5m')
        .describe('How long verified credentials are remembered (as a keyed hash), so that bcrypt does not run for every request.'),
});
//# sourceMappingURL=schema.js.map