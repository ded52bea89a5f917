import { findBuiltin } from './builtin/registry.js';
import { hooksFault } from './hooks.js';
import { importDefinition } from './import-definition.js';
import { PluginLoadError } from './load-error.js';
import { withinTime } from './time-limit.js';
/** A `setup` that never ends must not hang a reload. */
const SETUP_TIMEOUT = 10_000;
/**
 * Finds the plugin's code, checks its options and sets it up.
 *
 * @throws PluginLoadError
 */
export async function instantiate(instance, host) {
    const definition = await definitionOf(instance);
    const config = parseConfig(instance, definition);
    const release = [];
    try {
        const hooks = await setUp(instance.name, definition, config, contextOf(instance, host, release));
        return { definition, hooks, release };
    }
    catch (error) {
        for (const callback of release)
            callback();
        throw error;
    }
}
async function definitionOf({ name, module }) {
    if (module !== '')
        return (await importDefinition(name, module)).definition;
    const builtin = findBuiltin(name);
    if (builtin === undefined)
        throw new PluginLoadError(name, 'module-missing', 'there is no built-in of that name');
    return builtin;
}
function parseConfig({ name, config }, definition) {
    const result = definition.config.safeParse(config ?? {});
    if (result.success)
        return result.data;
    const problems = result.error.issues.map(({ path, message }) => `${['config', ...path].join('.')}: ${message}`);
    throw new PluginLoadError(name, 'bad-config', problems.join('; '));
}
function contextOf(instance, host, release) {
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
async function setUp(name, definition, config, context) {
    const late = `it did not finish in ${SETUP_TIMEOUT / 1000} s`;
    let hooks;
    try {
        const made = definition.setup(config, context);
        hooks = made instanceof Promise ? await withinTime(made, SETUP_TIMEOUT, late) : made;
    }
    catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new PluginLoadError(name, 'setup-failed', `setup failed: ${reason}`, error);
    }
    const fault = hooksFault(hooks);
    if (fault !== '')
        throw new PluginLoadError(name, 'setup-failed', fault);
    return hooks;
}
//# sourceMappingURL=instantiate.js.map