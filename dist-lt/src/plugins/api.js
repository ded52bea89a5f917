/** Gives a plugin its types; a plugin module exports the result as `plugin`. */
export function definePlugin(definition) {
    return definition;
}
//# sourceMappingURL=api.js.map