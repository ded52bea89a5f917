/** Loads configurations that a test writes down itself. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problems.js';
import { BUILTIN_PLUGINS } from '../../src/plugins/builtin/registry.js';
/** Every file of `files`, in the order given; other files of the folder can be named by `extra` without being loaded. */
export async function loadFiles(files, env = {}, extra = {}) {
    return inFolder({ ...files, ...extra }, (folder) => loadConfig({
        paths: Object.keys(files).map((name) => path.join(folder, name)),
        env,
        builtins: BUILTIN_PLUGINS,
    }));
}
/** One YAML file, which must be accepted. */
export async function loadYaml(text, env = {}) {
    const result = await loadFiles({ 'octopus.yaml': text }, env);
    if (!result.ok)
        throw new Error(result.problems.map(formatProblem).join('\n'));
    return result;
}
/** The errors of one YAML file as `line:column: message`, without those of other files and without warnings. */
export async function errorsOf(text, env = {}) {
    const result = await loadFiles({ 'octopus.yaml': text }, env);
    return result.ok ? [] : messages(result.problems.filter(({ severity }) => severity === 'error'));
}
/** The warnings of one YAML file, which must be accepted, except that of an open admin API. */
export async function warningsOf(text, env = {}) {
    const { warnings } = await loadYaml(text, env);
    return messages(warnings).filter((message) => !message.includes('asks for no password'));
}
function messages(problems) {
    return problems.map(({ file, line, column, message }) => line === 0 ? `${path.basename(file)}: ${message}` : `${line}:${column}: ${message}`);
}
/** Runs `action` in a new folder with these files, and removes it afterwards. */
export async function inFolder(files, action) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'octopus-config-'));
    try {
        for (const [name, text] of Object.entries(files))
            await writeFile(path.join(folder, name), text);
        return await action(folder);
    }
    finally {
        await rm(folder, { recursive: true, force: true });
    }
}
//# sourceMappingURL=config-files.js.map