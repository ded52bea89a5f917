import { GatewayError } from '../http/errors.js';
/** An instance that is set up, shared by the generations that use it. */
export class LoadedPlugin {
    instance;
    definition;
    hooks;
    name;
    version;
    #release;
    /** Plugin sets that hold it. */
    #users = 0;
    constructor(instance, definition, hooks, release) {
        this.instance = instance;
        this.definition = definition;
        this.hooks = hooks;
        this.name = instance.name;
        this.version = definition.version;
        this.#release = release;
    }
    retain() {
        this.#users++;
    }
    release() {
        this.#users--;
        if (this.#users > 0)
            return;
        for (const release of this.#release)
            release();
    }
}
/** The plugins of one generation of the configuration. */
export class PluginSet {
    #plugins;
    #released = false;
    constructor(plugins) {
        this.#plugins = plugins;
        for (const plugin of plugins.values())
            plugin.retain();
    }
    /** @param id `PluginInstance.id` */
    get(id) {
        return this.#plugins.get(id);
    }
    values() {
        return this.#plugins.values();
    }
    /**
     * To be called when the generation is replaced and its last exchange has ended: unloads the instances that no other
     * generation uses. Calling it again does nothing.
     */
    release() {
        if (this.#released)
            return;
        this.#released = true;
        for (const plugin of this.#plugins.values())
            plugin.release();
    }
}
/**
 * Sets up the plugins of a new generation; instances with the id of one in `previous` are taken over with their state.
 *
 * @throws PluginLoadError for the first plugin that cannot run; nothing is left loaded then. Instances marked
 *   `unavailable` are no error: their routes answer 503.
 */
export async function loadPlugins(instances, previous, host) {
    const plugins = new Map();
    try {
        for (const instance of instances) {
            plugins.set(instance.id, previous?.get(instance.id) ?? (await loadPlugin(instance, host)));
        }
    }
    catch (error) {
        for (const plugin of plugins.values())
            if (previous?.get(plugin.instance.id) !== plugin)
                plugin.release();
        throw error;
    }
    return new PluginSet(plugins);
}
/** Rule B7: what is removed from every inbound request on all routes, also on those without the plugin. Lower case. */
export function ownedHeaders(plugins) {
    const names = new Set();
    for (const { definition } of plugins.values()) {
        for (const name of definition.ownsHeaders ?? [])
            names.add(name.toLowerCase());
    }
    return [...names];
}
async function loadPlugin(instance, host) {
    if (instance.unavailable !== '')
        return closedPlugin(instance);
    const { definition, hooks, release } = await setUp(instance, host);
    return new LoadedPlugin(instance, definition, hooks, release);
}
/**
 * The code behind it is imported when the first plugin needs it: the schema library alone costs a thread 15 MB and a
 * tenth of a second, which a worker without plugins saves.
 */
async function setUp(instance, host) {
    if (instance.isolate)
        return (await import('./isolate/isolate.js')).isolatePlugin(instance, host);
    return (await import('./instantiate.js')).instantiate(instance, host);
}
/** Stands in for a plugin that cannot run: a route that should be protected stays closed instead of open. */
function closedPlugin(instance) {
    const hooks = {
        onRequest() {
            throw new GatewayError('plugin_unavailable', instance.unavailable);
        },
    };
    return new LoadedPlugin(instance, { name: instance.name, version: '' }, hooks, []);
}
//# sourceMappingURL=loader.js.map