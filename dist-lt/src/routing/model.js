/**
 * The routing model: plain data, made by sources (files, later FARP and discovery), validated and merged in the
 * primary, compiled into a snapshot and read back by the workers. All durations are milliseconds, all sizes bytes.
 */
export {};
//# sourceMappingURL=model.js.map