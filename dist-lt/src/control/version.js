import { readFileSync } from 'node:fs';
/** The version of this package. Read from package.json, which lies three folders up both in dist/ and in test builds. */
export function packageVersion() {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    return JSON.parse(text).version;
}
//# sourceMappingURL=version.js.map