/** Users' own plugins: finds the module that a `path` means, imports it, and takes its definition. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { importDefinition } from '../../plugins/import-definition.js';
import { PluginLoadError } from '../../plugins/load-error.js';
const PACKAGE = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(\/[\w.~/-]+)?$/i;
const JAVASCRIPT = /\.[mc]?js$/i;
const OTHER_CODE = /\.(so|dll|dylib|wasm|lua|rhai|py|rb|go|rs|jar|c|cc|cpp|ts|mts|cts|json|yaml|yml|sh)$/i;
/** Whether Node could load it: a `.js`, `.mjs` or `.cjs` file, or an npm package. */
export function isJavaScriptPath(spec) {
    if (OTHER_CODE.test(spec))
        return false;
    return JAVASCRIPT.test(spec) || (PACKAGE.test(spec) && !isFilePath(spec));
}
function isFilePath(spec) {
    return spec.startsWith('.') || path.isAbsolute(spec);
}
/** Where a module is, for watching; null for packages. Relative paths start at the folder of `configFile`. */
export function moduleFile(spec, configFile) {
    const isFile = isFilePath(spec) || (JAVASCRIPT.test(spec) && !spec.startsWith('@'));
    return isFile ? path.resolve(path.dirname(configFile), spec) : null;
}
/** Never throws for what is in the module. Packages are looked for from the folder of `configFile`. */
export async function loadPluginModule(name, spec, configFile) {
    const module = moduleFile(spec, configFile) ?? resolvePackage(spec, configFile);
    try {
        return { ok: true, module, ...(await importDefinition(name, module)) };
    }
    catch (error) {
        if (!(error instanceof PluginLoadError))
            throw error;
        return { ok: false, fault: error.message };
    }
}
function resolvePackage(spec, configFile) {
    try {
        return createRequire(path.resolve(configFile)).resolve(spec);
    }
    catch {
        // Packages with nothing but an `import` condition cannot be resolved this way; import() says whether they exist.
        return spec;
    }
}
//# sourceMappingURL=plugin-modules.js.map