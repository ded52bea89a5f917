import { definePlugin } from '../../api.ts';
import { corsPlugin } from './cors.ts';
import { corsSchema } from './schema.ts';

export const cors = definePlugin({ ...corsPlugin, config: corsSchema });
