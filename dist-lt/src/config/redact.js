import { HIDDEN, isSecretPath } from './secrets.js';
/** Of each loaded configuration: the paths whose value came from an environment variable. */
const environmentValues = new WeakMap();
export function rememberEnvironmentValues(config, root) {
    const paths = new Set();
    // One path for the whole walk: a large file has a million nodes.
    const path = [];
    const visit = (node, step) => {
        path.push(step);
        if (node.kind === 'list')
            for (let i = 0; i < node.items.length; i++)
                visit(node.items[i], i);
        else if (node.kind === 'map')
            for (const [key, entry] of node.entries)
                visit(entry.value, key);
        else if (node.fromEnvironment)
            paths.add(pathKey(path.slice(1)));
        path.pop();
    };
    visit(root, '');
    environmentValues.set(config, paths);
}
/** What is remembered of a configuration, to go with a copy of it to another thread. */
export function environmentPathsOf(config) {
    return environmentValues.get(config) ?? new Set();
}
/** The copy of a configuration is to be shown as its original. */
export function restoreEnvironmentPaths(config, paths) {
    environmentValues.set(config, paths);
}
/** `redis://user:password@host` */
const URL_PASSWORD = /(:\/\/[^\s/@:]*:)[^\s/@]*@/g;
/**
 * A copy fit for JSON without secrets: password hashes, settings of plugins whose name sounds like a secret, and text
 * that came from environment variables are `[hidden]`. Numbers and switches of the gateway itself stay readable.
 */
export function redactConfig(config) {
    const hidden = environmentValues.get(config) ?? new Set();
    const copy = (value, path, inConfig) => {
        // A switch such as `credentials: true` is no secret.
        if (typeof value !== 'boolean' && isSecretPath(path))
            return HIDDEN;
        const fromEnvironment = hidden.size > 0 && hidden.has(pathKey(path));
        if (fromEnvironment && (inConfig || typeof value === 'string' || typeof value === 'object'))
            return HIDDEN;
        if (Array.isArray(value))
            return value.map((item, index) => copy(item, [...path, index], inConfig));
        if (typeof value === 'object' && value !== null) {
            const result = {};
            for (const [key, child] of Object.entries(value)) {
                if (child !== undefined)
                    result[key] = copy(child, [...path, key], inConfig || key === 'config');
            }
            return result;
        }
        if (typeof value === 'string')
            return value.replaceAll(URL_PASSWORD, `$1${HIDDEN}@`);
        return typeof value === 'number' || typeof value === 'boolean' ? value : null;
    };
    return copy(config, [], false);
}
function pathKey(path) {
    return path.map(String).join('\0');
}
//# sourceMappingURL=redact.js.map