import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CASES } from '../cases.js';
import { cpuChart, ratioChart } from './charts.js';
import { performancePage } from './page.js';
import { summarize } from './summary.js';
/** What the last run measured, with a summary that scripts can read ratios from; not kept in the repository. */
export function writeLatest(root, results) {
    const file = path.join(root, 'loadtest', 'results', 'latest.json');
    mkdirSync(path.dirname(file), { recursive: true });
    const cases = results.cases.map((result) => ({ ...result, summary: summarize(result) }));
    writeJson(file, { cases });
    return file;
}
/** Puts the measured cases in place of those that were published before, and makes page and charts again. */
export function publish(root, results) {
    const before = readPublished(root);
    const measured = new Map([...before.cases, ...results.cases].map((result) => [result.name, result]));
    const cases = CASES.flatMap((scenario) => measured.get(scenario.name) ?? []);
    writeJson(path.join(root, 'docs', 'performance.json'), { cases });
    render(root);
}
/** Page and charts from docs/performance.json: file name in docs/ -> content. */
export function renderedFiles(results) {
    const files = new Map([['performance.md', performancePage(results)]]);
    const first = results.cases.find((result) => result.name === 'small-json') ?? results.cases[0];
    if (first)
        files.set('performance-cpu.svg', cpuChart(first));
    files.set('performance-ratio.svg', ratioChart(results, 'octopus'));
    return files;
}
export function render(root) {
    for (const [name, content] of renderedFiles(readPublished(root))) {
        writeFileSync(path.join(root, 'docs', name), content);
    }
}
export function readPublished(root) {
    const file = path.join(root, 'docs', 'performance.json');
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { cases: [] };
}
function writeJson(file, results) {
    // Four digits are more than the measurement is worth and keep the diffs readable.
    const rounded = (_, value) => typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
    writeFileSync(file, `${JSON.stringify(results, rounded, 1)}\n`);
}
//# sourceMappingURL=files.js.map