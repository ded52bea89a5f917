import { definePlugin } from '../../api.ts';
import { compressionPlugin } from './compression.ts';
import { compressionSchema } from './schema.ts';

export const compression = definePlugin({ ...compressionPlugin, config: compressionSchema });
