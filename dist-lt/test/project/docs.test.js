import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
const pages = ['README.md', ...readdirSync('docs').map((name) => path.join('docs', name))].filter((name) => name.endsWith('.md'));
test('links in the documentation lead somewhere', () => {
    const broken = [];
    for (const page of pages) {
        const text = readFileSync(page, 'utf8').replace(/^```[\s\S]*?^```/gm, '');
        for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
            if (/^[a-z]+:/.test(target))
                continue;
            const [file = '', anchor] = target.split('#');
            const place = file === '' ? page : path.join(path.dirname(page), file);
            if (!existsSync(place))
                broken.push(`${page}: ${target}`);
            else if (anchor !== undefined && !anchors(place).has(anchor))
                broken.push(`${page}: ${target}`);
        }
    }
    assert.deepEqual(broken, []);
});
test('the overview of the documentation lists every page', () => {
    const overview = readFileSync('docs/README.md', 'utf8');
    const missing = pages
        .map((page) => path.basename(page))
        .filter((name) => name !== 'README.md' && !overview.includes(`(${name})`));
    assert.deepEqual(missing, []);
});
/** As they are commonly made of headings: lower case, without punctuation, spaces to hyphens. */
function anchors(file) {
    const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm);
    return new Set([...headings].map(([, heading = '']) => heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-')));
}
//# sourceMappingURL=docs.test.js.map