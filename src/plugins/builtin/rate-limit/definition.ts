import { definePlugin } from '../../api.ts';
import { rateLimitPlugin } from './rate-limit.ts';
import { rateLimitSchema } from './schema.ts';

export const rateLimit = definePlugin({ ...rateLimitPlugin, config: rateLimitSchema });
