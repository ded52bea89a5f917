import { CHUNKS } from './chunks.ts';
import { FIELDS } from './fields.ts';
import { LENGTH } from './length.ts';
import { PATHS } from './paths.ts';
import { REQUEST_LINE } from './request-line.ts';
import { RESPONSE_BODIES } from './responses-body.ts';
import { RESPONSE_FIELDS } from './responses-fields.ts';
import { SEQUENCE } from './sequence.ts';
import type { RequestCase, ResponseCase } from './types.ts';

export const REQUESTS: readonly RequestCase[] = [
  ...REQUEST_LINE,
  ...FIELDS,
  ...LENGTH,
  ...CHUNKS,
  ...SEQUENCE,
  ...PATHS,
];

export const RESPONSES: readonly ResponseCase[] = [...RESPONSE_BODIES, ...RESPONSE_FIELDS];
