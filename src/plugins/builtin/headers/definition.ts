import { definePlugin } from '../../api.ts';
import { headersPlugin } from './headers.ts';
import { headersSchema } from './schema.ts';

export const headers = definePlugin({ ...headersPlugin, config: headersSchema });
