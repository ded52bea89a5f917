/** Which files a list of `-c` arguments means. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { NO_OFFSET, SourceText } from './tree.js';
/** Reads files as named and directories in order of file name; hidden, backup and other files of a directory are left out. */
export async function readConfigFiles(paths, problems) {
    const sources = [];
    const watched = [];
    for (const name of paths) {
        watched.push(path.resolve(name));
        for (const file of await listFiles(name, problems)) {
            if (file !== name)
                watched.push(path.resolve(file));
            const text = await attempt(file, problems, () => readFile(file));
            if (text !== null)
                sources.push(decode(file, text, problems));
        }
    }
    return { sources, watched: [...new Set(watched)] };
}
async function listFiles(name, problems) {
    const stats = await attempt(name, problems, () => stat(name));
    if (stats === null)
        return [];
    if (!stats.isDirectory())
        return [name];
    const entries = await attempt(name, problems, () => readdir(name));
    if (entries === null)
        return [];
    const files = entries
        .filter(isConfigFile)
        .toSorted()
        .map((entry) => path.join(name, entry));
    if (files.length === 0)
        problems.error(wholeFile(name), 'the directory holds no *.yaml, *.yml or *.json file');
    return files;
}
/** Editors and tools leave `.a.yaml.swp`, `a.yaml~`, `#a.yaml#` and Kubernetes `..data` behind. */
export function isConfigFile(name) {
    return /^[^.#].*\.(yaml|yml|json)$/.test(name) && !/[.~-](bak|backup|orig|tmp)\.[a-z]+$/.test(name);
}
function decode(file, bytes, problems) {
    try {
        return new SourceText(file, new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
    }
    catch {
        problems.error(wholeFile(file), 'the file is not UTF-8 text');
        return new SourceText(file, '{}');
    }
}
async function attempt(file, problems, action) {
    try {
        return await action();
    }
    catch (error) {
        const code = error.code ?? '';
        const reasons = {
            ENOENT: 'no such file or directory',
            EACCES: 'permission denied',
            EISDIR: 'is a directory',
        };
        problems.error(wholeFile(file), `cannot be read: ${reasons[code] ?? code}`);
        return null;
    }
}
function wholeFile(name) {
    return { source: new SourceText(name, ''), offset: NO_OFFSET };
}
//# sourceMappingURL=files.js.map