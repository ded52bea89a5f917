import { z } from 'zod';
import { isOriginPattern } from '../../../http/origins.js';
import { duration, headerName, method } from '../../fields.js';
export const corsSchema = z
    .strictObject({
    origins: z
        .array(z
        .string()
        .refine(isOriginPattern, {
        error: 'expected an origin such as https://app.example.com, https://*.example.com, http://localhost:*, null or *',
    })
        .meta({ notation: 'origin' }))
        .min(1)
        .default(['*'])
        .describe('Origins that may read responses: exact, with `*.` for any subdomain, with `:*` for any port, or `*`.'),
    methods: z
        .array(method())
        .min(1)
        .default(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
        .describe('Methods that preflights allow.'),
    headers: z
        .union([z.literal('reflect'), z.array(headerName())], {
        error: 'expected "reflect" or a list of header names',
    })
        .default('reflect')
        .describe('Request headers that preflights allow; `reflect` allows those that the browser asks for.'),
    expose: z
        .array(headerName())
        .default([])
        .describe('Response headers that scripts may read beside the usual ones.'),
    credentials: z
        .boolean()
        .default(false)
        .describe('Allow cookies and HTTP authentication. Not together with the origin `*`.'),
    max_age: duration().prefault('10m').describe('How long a browser may keep the answer to a preflight.'),
})
    .refine((config) => !(config.credentials && config.origins.includes('*')), {
    path: ['credentials'],
    error: 'credentials cannot be allowed for the origin "*": every site could act as the user; list the origins',
});
//# sourceMappingURL=schema.js.map