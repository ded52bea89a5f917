import { definePlugin } from '../../api.ts';
import { requestIdPlugin } from './request-id.ts';
import { requestIdSchema } from './schema.ts';

export const requestId = definePlugin({ ...requestIdPlugin, config: requestIdSchema });
