import { REFERENCE } from './report/results.js';
import { summarize } from './report/summary.js';
import { ratioText } from './report/tables.js';
/**
 * The one line of `npm run loadtest -- --cpu`.
 * @throws Error when one of the two was not measured
 */
export function cpuRatioLine(result) {
    const rows = summarize(result);
    const describe = (name) => {
        const row = rows.find((one) => one.name === name);
        if (!row)
            throw new Error(`${name} could not be measured`);
        const parts = `${row.userMicros.toFixed(1)}/${row.systemMicros.toFixed(1)}`;
        return { ratio: row.ratio, text: `${name} ${row.cpuMicros.toFixed(1)} µs (user/sys ${parts})` };
    };
    const octopus = describe('octopus');
    return `CPU per request: ${octopus.text}, ${describe(REFERENCE).text}, ratio ${ratioText(octopus.ratio)}\n`;
}
//# sourceMappingURL=cpu-ratio.js.map