/** @returns null when an item is wrong */
export function resolveMiddleware(items, plugins, context) {
    const instances = new Map();
    let failed = false;
    for (const { value, path } of items) {
        const instance = plugins.resolve(value, path);
        if (instance === null)
            failed = true;
        else if (instances.has(instance.name))
            context.error(path, `the plugin "${instance.name}" is listed twice; it runs only once, take one of them out`);
        else
            instances.set(instance.name, instance);
    }
    return failed ? null : [...instances.values()];
}
//# sourceMappingURL=middleware.js.map