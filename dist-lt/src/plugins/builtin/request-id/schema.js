import { z } from 'zod';
import { headerName } from '../../fields.js';
export const requestIdSchema = z.strictObject({
    header: headerName()
        .default('X-Request-Id')
        .describe('Field that carries the id, in requests and responses.'),
    generator: z
        .enum(['uuid', 'hex'])
        .default('uuid')
        .describe('`uuid`: a random UUID (version 4). `hex`: 32 random hexadecimal digits.'),
    trust_incoming: z
        .boolean()
        .default(true)
        .describe('Keep the id of a request that comes from a trusted proxy. Other clients never choose their id.'),
    echo: z.boolean().default(true).describe('Send the id back to the client.'),
});
//# sourceMappingURL=schema.js.map