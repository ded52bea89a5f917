/** `middleware` lists to plugin instances. */
import type { PluginInstance } from '../../routing/model.ts';
import type { MiddlewareItem } from '../schema/schema.ts';
import type { Item } from '../sections.ts';
import type { BuildContext } from './context.ts';
import type { PluginResolver } from './plugins.ts';

/** @returns null when an item is wrong */
export function resolveMiddleware(
  items: readonly Item<MiddlewareItem>[],
  plugins: PluginResolver,
  context: BuildContext,
): PluginInstance[] | null {
  const instances = new Map<string, PluginInstance>();
  let failed = false;
  for (const { value, path } of items) {
    const instance = plugins.resolve(value, path);
    if (instance === null) failed = true;
    else if (instances.has(instance.name))
      context.error(
        path,
        `the plugin "${instance.name}" is listed twice; it runs only once, take one of them out`,
      );
    else instances.set(instance.name, instance);
  }
  return failed ? null : [...instances.values()];
}
