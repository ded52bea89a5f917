import { summarize } from './summary.js';
import { markdown, ratioText, remarksOn, tablesOf } from './tables.js';
/** docs/performance.md, made only from the results so that no number in it can be typed. */
export function performancePage(results) {
    return `${[
        '<!-- Made by `npm run loadtest -- --publish` from performance.json. Do not edit: `--render` makes it again. -->',
        '# Performance',
        headline(results),
        '![CPU time per request of each proxy](performance-cpu.svg)',
        '![CPU time per request of Octopus over nginx, case by case](performance-ratio.svg)',
        HOW,
        ...results.cases.map(section),
    ].join('\n\n')}\n`;
}
function headline({ cases }) {
    const result = cases.find((one) => one.name === 'small-json');
    const rows = result ? summarize(result) : [];
    const octopus = rows.find((row) => row.name === 'octopus');
    const nginx = rows.find((row) => row.name === 'nginx');
    if (!octopus?.ratio || !nginx)
        return 'Octopus beside other proxies, measured on one machine in alternating rounds.';
    return (`A small JSON request costs Octopus ${octopus.cpuMicros.toFixed(1)} µs of CPU time and nginx ` +
        `${nginx.cpuMicros.toFixed(1)} µs; the ratio is ${ratioText(octopus.ratio)}, the median of ${result.conditions.rounds} ` +
        'rounds with the least and the greatest.');
}
const HOW = `## How it is measured

* \`npm run loadtest\` starts an origin, Octopus and every other proxy it finds, each with one worker on a core of its own;
  origin and load share the other cores. All keep connections to the origin open, add \`X-Forwarded-For\` and write no
  access log. Octopus runs with its defaults: metrics, request ids, trace context, health and circuit breaker are on.
* 64 connections with keep-alive, Host and five more request fields. Peak: wrk, each connection asking again as soon as it
  has its answer. Fixed rate: requests are due at equal intervals and are measured from when they were due, so that a
  pause counts for every request it delays (no coordinated omission).
* Proxies take turns, every other round in reverse order. A ratio compares measurements of the same round.
* CPU time is user and system time of the whole proxy with all its processes and threads, from /proc. It says what a
  request costs whatever the load generator can do; requests/s only when the proxy's core is busy.
* MB is resident memory after the load; pages shared by several processes of a proxy count for each.

Numbers from other machines differ; ratios differ less. \`loadtest/README.md\` tells how to tune a machine for this.

## Results`;
function section(result) {
    const { environment, conditions } = result;
    const timing = conditions.connections > 1_000
        ? ''
        : `, ${conditions.rounds} rounds of ${conditions.seconds} s, origin: ${conditions.origin}`;
    const where = `${environment.date}, commit ${environment.commit}, Node ${environment.node}, Linux ${environment.kernel}, ` +
        `${environment.cores} cores (${environment.cpu}), ${environment.memoryGiB} GiB${timing}`;
    return [
        `### ${result.title}`,
        ...tablesOf(result).map(markdown),
        ...remarksOn(result),
        `<sub>${where}</sub>`,
    ].join('\n\n');
}
//# sourceMappingURL=page.js.map