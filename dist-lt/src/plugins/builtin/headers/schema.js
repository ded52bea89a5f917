import { z } from 'zod';
import { headerName, headerValue } from '../../fields.js';
import { templateProblem } from './template.js';
/** The gateway frames messages and manages connections itself (rules B1, B8, C1). */
const FRAMING = new Set([
    'connection',
    'content-length',
    'expect',
    'host',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
]);
const name = () => headerName().refine((value) => !FRAMING.has(value.toLowerCase()), {
    error: 'this field belongs to the framing of messages; the gateway writes it itself',
});
const value = () => headerValue().superRefine((text, context) => {
    const problem = templateProblem(text);
    if (problem !== '')
        context.addIssue({ code: 'custom', message: `the value holds ${problem}` });
});
const values = () => z.record(name(), z.union([value(), z.array(value()).min(1)]));
const edits = (message) => z
    .strictObject({
    remove: z.array(name()).default([]).describe(`Fields taken out of the ${message}.`),
    set: z
        .record(name(), value())
        .default({})
        .describe(`Fields that replace all of their name in the ${message}.`),
    add: values()
        .default({})
        .describe(`Fields put beside those that the ${message} has; a list adds several.`),
})
    .prefault({});
export const headersSchema = z.strictObject({
    request: edits('request').describe('Changes to what the upstream sees.'),
    response: edits('response').describe('Changes to what the client sees; also to errors made by the gateway.'),
});
//# sourceMappingURL=schema.js.map