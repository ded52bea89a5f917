import type { MaybePromise, PluginContext, PluginDefinition, PluginHooks } from './api.ts';

/** What is asked of a plugin's definition once it runs. */
export type PluginTraits = Omit<PluginDefinition, 'config' | 'setup'>;

/**
 * A plugin whose options have been checked elsewhere. The built-in ones come to the workers like this: the schema
 * library would cost each of them 9 MB.
 */
export interface CheckedPlugin<Config> extends PluginTraits {
  setup(config: Config, context: PluginContext): MaybePromise<PluginHooks>;
}
