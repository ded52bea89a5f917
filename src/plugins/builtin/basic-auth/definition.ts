import { definePlugin } from '../../api.ts';
import { basicAuthPlugin } from './basic-auth.ts';
import { basicAuthSchema } from './schema.ts';

export const basicAuth = definePlugin({ ...basicAuthPlugin, config: basicAuthSchema });
