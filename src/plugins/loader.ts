import { GatewayError } from '../http/errors.ts';
import type { PluginInstance } from '../routing/model.ts';
import type { PluginHooks } from './api.ts';
import type { PluginTraits } from './checked-plugin.ts';
import { type InstantiatedPlugin, instantiate, type PluginHost } from './instantiate.ts';

/** An instance that is set up, shared by the generations that use it. */
export class LoadedPlugin {
  readonly instance: PluginInstance;
  readonly definition: PluginTraits;
  readonly hooks: PluginHooks;
  readonly name: string;
  readonly version: string;
  readonly #release: readonly (() => void)[];
  /** Plugin sets that hold it. */
  #users = 0;

  constructor(
    instance: PluginInstance,
    definition: PluginTraits,
    hooks: PluginHooks,
    release: readonly (() => void)[],
  ) {
    this.instance = instance;
    this.definition = definition;
    this.hooks = hooks;
    this.name = instance.name;
    this.version = definition.version;
    this.#release = release;
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    for (const release of this.#release) release();
  }
}

/** The plugins of one generation of the configuration. */
export class PluginSet {
  readonly #plugins: ReadonlyMap<string, LoadedPlugin>;
  #released = false;

  constructor(plugins: ReadonlyMap<string, LoadedPlugin>) {
    this.#plugins = plugins;
    for (const plugin of plugins.values()) plugin.retain();
  }

  /** @param id `PluginInstance.id` */
  get(id: string): LoadedPlugin | undefined {
    return this.#plugins.get(id);
  }

  values(): Iterable<LoadedPlugin> {
    return this.#plugins.values();
  }

  /**
   * To be called when the generation is replaced and its last exchange has ended: unloads the instances that no other
   * generation uses. Calling it again does nothing.
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const plugin of this.#plugins.values()) plugin.release();
  }
}

/**
 * Sets up the plugins of a new generation; instances with the id of one in `previous` are taken over with their state.
 *
 * @throws PluginLoadError for the first plugin that cannot run; nothing is left loaded then. Instances marked
 *   `unavailable` are no error: their routes answer 503.
 */
export async function loadPlugins(
  instances: readonly PluginInstance[],
  previous: PluginSet | null,
  host: PluginHost,
): Promise<PluginSet> {
  const plugins = new Map<string, LoadedPlugin>();
  try {
    for (const instance of instances) {
      plugins.set(instance.id, previous?.get(instance.id) ?? (await loadPlugin(instance, host)));
    }
  } catch (error) {
    for (const plugin of plugins.values()) if (previous?.get(plugin.instance.id) !== plugin) plugin.release();
    throw error;
  }
  return new PluginSet(plugins);
}

/** Rule B7: what is removed from every inbound request on all routes, also on those without the plugin. Lower case. */
export function ownedHeaders(plugins: PluginSet): string[] {
  const names = new Set<string>();
  for (const { definition } of plugins.values()) {
    for (const name of definition.ownsHeaders ?? []) names.add(name.toLowerCase());
  }
  return [...names];
}

async function loadPlugin(instance: PluginInstance, host: PluginHost): Promise<LoadedPlugin> {
  if (instance.unavailable !== '') return closedPlugin(instance);
  const { definition, hooks, release } = await setUp(instance, host);
  return new LoadedPlugin(instance, definition, hooks, release);
}

async function setUp(instance: PluginInstance, host: PluginHost): Promise<InstantiatedPlugin> {
  if (instance.isolate) return (await import('./isolate/isolate.ts')).isolatePlugin(instance, host);
  return instantiate(instance, host);
}

/** Stands in for a plugin that cannot run: a route that should be protected stays closed instead of open. */
function closedPlugin(instance: PluginInstance): LoadedPlugin {
  const hooks: PluginHooks = {
    onRequest() {
      throw new GatewayError('plugin_unavailable', instance.unavailable);
    },
  };
  return new LoadedPlugin(instance, { name: instance.name, version: '' }, hooks, []);
}
