import { definePlugin } from '../../api.ts';
import { ipFilterPlugin } from './ip-filter.ts';
import { ipFilterSchema } from './schema.ts';

export const ipFilter = definePlugin({ ...ipFilterPlugin, config: ipFilterSchema });
