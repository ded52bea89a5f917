var __rewriteRelativeImportExtension = (this && this.__rewriteRelativeImportExtension) || function (path, preserveJsx) {
    if (typeof path === "string" && /^\.\.?\//.test(path)) {
        return path.replace(/\.(tsx)$|((?:\.d)?)((?:\.[^./]+?)?)\.([cm]?)ts$/i, function (m, tsx, d, ext, cm) {
            return tsx ? preserveJsx ? ".jsx" : ".js" : d && (!ext || !cm) ? m : (d + ext + "." + cm.toLowerCase() + "js");
        });
    }
    return path;
};
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readDefinition } from './definition.js';
import { PluginLoadError } from './load-error.js';
import { withinTime } from './time-limit.js';
/** A module whose top level never ends must not hang a reload. */
const IMPORT_TIMEOUT = 10_000;
/**
 * Imports a user's plugin. The content of the file is part of the module's URL, so that a changed file is a new module;
 * files that it imports itself are cached by Node for the life of the thread.
 *
 * @param plugin the name under which it is configured, for errors
 * @param module absolute path or package name
 * @throws PluginLoadError
 */
export async function importDefinition(plugin, module) {
    const isFile = path.isAbsolute(module);
    const digest = isFile ? await digestOf(plugin, module) : '';
    const url = isFile ? `${pathToFileURL(module).href}?v=${digest}` : module;
    const exports = await importInTime(plugin, module, url);
    const result = read(plugin, exports);
    if (!result.ok)
        throw new PluginLoadError(plugin, 'bad-definition', `${module}: ${result.fault}`);
    return { definition: result.definition, digest };
}
function read(plugin, exports) {
    try {
        return readDefinition(exports);
    }
    catch (error) {
        throw new PluginLoadError(plugin, 'bad-definition', `its config function threw: ${messageOf(error)}`, error);
    }
}
async function digestOf(plugin, file) {
    try {
        const content = await readFile(file);
        return createHash('sha256').update(content).digest('hex').slice(0, 16);
    }
    catch (error) {
        const missing = error.code === 'ENOENT';
        const detail = missing ? `there is no file ${file}` : `${file} cannot be read: ${messageOf(error)}`;
        throw new PluginLoadError(plugin, 'module-missing', detail, error);
    }
}
async function importInTime(plugin, module, url) {
    const late = `importing it did not finish in ${IMPORT_TIMEOUT / 1000} s`;
    try {
        return await withinTime(import(__rewriteRelativeImportExtension(url)), IMPORT_TIMEOUT, late);
    }
    catch (error) {
        if (isMissing(error, module)) {
            throw new PluginLoadError(plugin, 'module-missing', `there is no package "${module}" that Node.js can find`, error);
        }
        throw new PluginLoadError(plugin, 'module-failed', `${module} cannot be loaded: ${messageOf(error)}`, error);
    }
}
/** The package itself is missing, not something that it imports. */
function isMissing(error, module) {
    const { code, message } = error;
    return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${module}'`);
}
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}
//# sourceMappingURL=import-definition.js.map