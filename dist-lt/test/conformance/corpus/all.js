import { CHUNKS } from './chunks.js';
import { FIELDS } from './fields.js';
import { LENGTH } from './length.js';
import { PATHS } from './paths.js';
import { REQUEST_LINE } from './request-line.js';
import { RESPONSE_BODIES } from './responses-body.js';
import { RESPONSE_FIELDS } from './responses-fields.js';
import { SEQUENCE } from './sequence.js';
export const REQUESTS = [
    ...REQUEST_LINE,
    ...FIELDS,
    ...LENGTH,
    ...CHUNKS,
    ...SEQUENCE,
    ...PATHS,
];
export const RESPONSES = [...RESPONSE_BODIES, ...RESPONSE_FIELDS];
//# sourceMappingURL=all.js.map