const NONE = { server: null, credentials: {} };
/** Beside the configuration and not in it: what is shown, logged or sent with a configuration never holds a key. */
const materials = new WeakMap();
export function rememberTls(config, material) {
    materials.set(config, material);
}
export function tlsOf(config) {
    return materials.get(config) ?? NONE;
}
//# sourceMappingURL=material.js.map