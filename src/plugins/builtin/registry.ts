import type { PluginDefinition } from '../api.ts';
import { basicAuth } from './basic-auth/definition.ts';
import { compression } from './compression/definition.ts';
import { cors } from './cors/definition.ts';
import { headers } from './headers/definition.ts';
import { ipFilter } from './ip-filter/definition.ts';
import { rateLimit } from './rate-limit/definition.ts';
import { requestId } from './request-id/definition.ts';

/** Built-in plugins by name. Importing this starts nothing and is cheap enough for `octopus validate`. */
export const BUILTIN_PLUGINS: ReadonlyMap<string, PluginDefinition> = new Map(
  [requestId, cors, headers, compression, rateLimit, basicAuth, ipFilter].map((plugin: PluginDefinition) => [
    plugin.name,
    plugin,
  ]),
);

/** The built-in of that name; `rate_limit` is also understood as `rate-limit`. */
export function findBuiltin(name: string): PluginDefinition | undefined {
  return BUILTIN_PLUGINS.get(name) ?? BUILTIN_PLUGINS.get(name.replaceAll('_', '-'));
}
