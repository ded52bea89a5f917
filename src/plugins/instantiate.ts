import type { PluginInstance } from '../routing/model.ts';
import type { LimitStore, PluginContext, PluginHooks } from './api.ts';
import { importBuiltin } from './builtin/runtimes.ts';
import type { CheckedPlugin, PluginTraits } from './checked-plugin.ts';
import { hooksFault } from './hooks.ts';
import { PluginLoadError } from './load-error.ts';
import { withinTime } from './time-limit.ts';

/** What the worker gives its plugins. */
export interface PluginHost {
  readonly limits: LimitStore;
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Record<string, string | number | boolean>,
  ): void;
  /** Adds to `octopus_plugin_events_total{plugin,event}`. */
  count(plugin: string, event: string): void;
}

/** A plugin that is set up, before anything uses it. */
export interface InstantiatedPlugin {
  readonly definition: PluginTraits;
  readonly hooks: PluginHooks;
  /** What the plugin wants done when it is unloaded. */
  readonly release: readonly (() => void)[];
}

/** A `setup` that never ends must not hang a reload. */
const SETUP_TIMEOUT = 10_000;

/**
 * Finds the plugin's code and sets it up.
 *
 * @throws PluginLoadError
 */
export async function instantiate(instance: PluginInstance, host: PluginHost): Promise<InstantiatedPlugin> {
  const { definition, config } = instance.module === '' ? await builtin(instance) : await users(instance);
  const release: (() => void)[] = [];
  try {
    const hooks = await setUp(instance.name, { definition, config }, contextOf(instance, host, release));
    return { definition, hooks, release };
  } catch (error) {
    for (const callback of release) callback();
    throw error;
  }
}

interface Runnable {
  readonly definition: CheckedPlugin<never>;
  readonly config: never;
}

/** Whoever made the instance has checked its options. */
async function builtin({ name, config }: PluginInstance): Promise<Runnable> {
  const definition = await importBuiltin(name);
  if (definition === undefined)
    throw new PluginLoadError(name, 'module-missing', 'there is no built-in of that name');
  return { definition, config: config as never };
}

/** The schema of a user's plugin may make its options into what cannot be sent between threads: it runs here as well. */
async function users({ name, module, config }: PluginInstance): Promise<Runnable> {
  const { importDefinition } = await import('./import-definition.ts');
  const { definition } = await importDefinition(name, module);
  const result = definition.config.safeParse(config ?? {});
  if (result.success) return { definition, config: result.data as never };
  const problems = result.error.issues.map(
    ({ path, message }) => `${['config', ...path].join('.')}: ${message}`,
  );
  throw new PluginLoadError(name, 'bad-config', problems.join('; '));
}

function contextOf(instance: PluginInstance, host: PluginHost, release: (() => void)[]): PluginContext {
  const { name } = instance;
  return {
    name,
    instanceId: instance.id,
    limits: host.limits,
    log: (level, message, fields) => host.log(level, message, { ...fields, plugin: name }),
    count: (event) => host.count(name, event),
    onUnload: (callback) => void release.push(callback),
  };
}

async function setUp(
  name: string,
  { definition, config }: Runnable,
  context: PluginContext,
): Promise<PluginHooks> {
  const late = `it did not finish in ${SETUP_TIMEOUT / 1000} s`;
  let hooks: PluginHooks;
  try {
    const made = definition.setup(config, context);
    hooks = made instanceof Promise ? await withinTime(made, SETUP_TIMEOUT, late) : made;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PluginLoadError(name, 'setup-failed', `setup failed: ${reason}`, error);
  }
  const fault = hooksFault(hooks);
  if (fault !== '') throw new PluginLoadError(name, 'setup-failed', fault);
  return hooks;
}
