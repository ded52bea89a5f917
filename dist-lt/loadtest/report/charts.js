import { summarize } from './summary.js';
import { ratioText } from './tables.js';
const WIDTH = 720;
const LEFT = 236;
const RIGHT = 130;
const ROW = 26;
const TOP = 46;
const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.soft { fill: #57606a }
.user { fill: #8250df } .system { fill: #c8b4f0 } .bar { fill: #8250df } .over { fill: #cf222e }
.line { stroke: #57606a; stroke-width: 1 } .page { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .soft { fill: #9198a1 } .line { stroke: #9198a1 } .page { fill: #0d1117 }
}
</style>`;
/** CPU per request of every proxy in one case, split in user and system time, cheapest first. */
export function cpuChart(result) {
    const rows = summarize(result).sort((a, b) => a.cpuMicros - b.cpuMicros);
    const scale = (WIDTH - LEFT - RIGHT) / Math.max(...rows.map((row) => row.cpuMicros));
    const bars = rows.map((row, index) => {
        const y = TOP + index * ROW;
        const user = row.userMicros * scale;
        const system = row.systemMicros * scale;
        return [
            label(row.name, y),
            rectangle('user', LEFT, y, user),
            rectangle('system', LEFT + user, y, system),
            value(`${row.cpuMicros.toFixed(1)} µs`, LEFT + user + system, y),
        ].join('\n');
    });
    const legend = [
        `<rect class="user" x="${LEFT}" y="28" width="10" height="10"/><text class="soft" x="${LEFT + 15}" y="38">user</text>`,
        `<rect class="system" x="${LEFT + 65}" y="28" width="10" height="10"/><text class="soft" x="${LEFT + 80}" y="38">system</text>`,
    ];
    return picture(`CPU time per request: ${result.title}`, rows.length, [...legend, ...bars]);
}
/** CPU per request of one proxy over the reference's, case by case, with the spread over the rounds. */
export function ratioChart(results, name) {
    const rows = results.cases.flatMap((result) => {
        const ratio = summarize(result).find((row) => row.name === name)?.ratio;
        return ratio && Number.isFinite(ratio.median) ? [{ title: result.title, ratio }] : [];
    });
    const scale = (WIDTH - LEFT - RIGHT) / Math.max(1.2, ...rows.map((row) => row.ratio.max));
    const bars = rows.map(({ title, ratio }, index) => {
        const y = TOP + index * ROW;
        const middle = y + ROW / 2 - 3;
        return [
            label(title, y),
            rectangle(ratio.median > 1 ? 'over' : 'bar', LEFT, y, ratio.median * scale),
            `<line class="line" x1="${at(ratio.min)}" x2="${at(ratio.max)}" y1="${middle}" y2="${middle}"/>`,
            value(ratioText(ratio), WIDTH - RIGHT, y),
        ].join('\n');
    });
    const one = at(1);
    const mark = [
        `<line class="line" stroke-dasharray="4 3" x1="${one}" x2="${one}" y1="40" y2="${TOP + rows.length * ROW}"/>`,
        `<text class="soft" x="${one}" y="36" text-anchor="middle">nginx = 1</text>`,
    ];
    return picture(`CPU time per request of ${name} over nginx's (less is better)`, rows.length, [
        ...bars,
        ...mark,
    ]);
    function at(ratio) {
        return (LEFT + ratio * scale).toFixed(1);
    }
}
function picture(title, rows, parts) {
    const height = TOP + rows * ROW + 12;
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(title)}">
${STYLE}
<rect class="page" width="${WIDTH}" height="${height}"/>
<text class="title" x="12" y="20">${escapeXml(title)}</text>
${parts.join('\n')}
</svg>
`;
}
function label(text, y) {
    return `<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end">${escapeXml(text)}</text>`;
}
function value(text, x, y) {
    return `<text class="soft" x="${(x + 6).toFixed(1)}" y="${y + 15}">${escapeXml(text)}</text>`;
}
function rectangle(kind, x, y, width) {
    return `<rect class="${kind}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 6}"/>`;
}
function escapeXml(text) {
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
//# sourceMappingURL=charts.js.map