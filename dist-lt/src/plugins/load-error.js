/** A plugin cannot be loaded; the message names it and says what to do. */
export class PluginLoadError extends Error {
    /** The name under which it is configured. */
    plugin;
    failure;
    constructor(plugin, failure, detail, cause) {
        super(`plugin "${plugin}": ${detail}`, { cause });
        this.name = 'PluginLoadError';
        this.plugin = plugin;
        this.failure = failure;
    }
}
//# sourceMappingURL=load-error.js.map