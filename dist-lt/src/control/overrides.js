/** Changes `config` in place: what it remembers about secrets hangs on the object itself. */
export function applyOverrides(config, { workers, engine, logLevel }) {
    if (workers !== undefined)
        config.server.workers = workers;
    if (engine !== undefined)
        config.server.engine = engine;
    if (logLevel !== undefined)
        config.observability.logging.level = logLevel;
}
//# sourceMappingURL=overrides.js.map