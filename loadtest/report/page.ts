import type { CaseResult, Results } from './results.ts';
import { summarize } from './summary.ts';
import { markdown, ratioText, remarksOn, tablesOf } from './tables.ts';

/** docs/performance.md, made only from the results so that no number in it can be typed. */
export function performancePage(results: Results): string {
  return `${[
    '<!-- Made by `npm run loadtest -- --publish` from performance.json. Do not edit: `--render` makes it again. -->',
    '# Performance',
    headline(results),
    '![CPU time per request of each proxy](performance-cpu.svg)',
    '![CPU time per request of Octopus over nginx, case by case](performance-ratio.svg)',
    HOW,
    ...results.cases.map(section),
    ...scale(results),
  ].join('\n\n')}\n`;
}

function headline({ cases }: Results): string {
  const result = cases.find((one) => one.name === 'small-json');
  const rows = result ? summarize(result) : [];
  const octopus = rows.find((row) => row.name === 'octopus');
  const nginx = rows.find((row) => row.name === 'nginx');
  if (!octopus?.ratio || !nginx)
    return 'Octopus beside other proxies, measured on one machine in alternating rounds.';
  return (
    `A small JSON request costs Octopus ${octopus.cpuMicros.toFixed(1)} µs of CPU time and nginx ` +
    `${nginx.cpuMicros.toFixed(1)} µs; the ratio is ${ratioText(octopus.ratio)}, the median of ${result!.conditions.rounds} ` +
    'rounds with the least and the greatest.'
  );
}

const HOW = `## How it is measured

* \`npm run loadtest\` starts an origin, Octopus and every other proxy it finds, each with one worker on a core of its own;
  origin and load share the other cores. All keep connections to the origin open, add \`X-Forwarded-For\` and write no
  access log. Octopus runs with its defaults: metrics, request ids, trace context, health and circuit breaker are on.
* 64 connections with keep-alive, Host and five more request fields. Peak: wrk, each connection asking again as soon as it
  has its answer. Fixed rate: requests are due at equal intervals and are measured from when they were due, so that a
  pause counts for every request it delays (no coordinated omission).
* HTTP/2 and gRPC: h2load, 8 connections with 8 requests at once on each. The endpoints of the HTTP/2 cases speak HTTP/1.1
  as most do; calls of gRPC go on over HTTP/2. WebSocket: 64 tunnels, each sending its next message when the last one has
  come back; the CPU time is for both directions. nginx 1.22 or newer has equivalents for all of them: \`http2\` of
  \`listen\`, \`grpc_pass\`, \`Upgrade\`.
* Proxies take turns, every other round in reverse order. A ratio compares measurements of the same round.
* CPU time is user and system time of the whole proxy with all its processes and threads, from /proc. It says what a
  request costs whatever the load generator can do; requests/s only when the proxy's core is busy.
* MB is resident memory after the load; pages shared by several processes of a proxy count for each.

Numbers from other machines differ; ratios differ less. \`loadtest/README.md\` tells how to tune a machine for this.

## Results`;

const CORES = 8;

/** What one and two workers cost, and what follows for a larger machine; nothing until both were measured. */
function scale({ cases }: Results): string[] {
  const [one, two] = ['small-json', 'workers-2'].map((name) => {
    const result = cases.find((candidate) => candidate.name === name);
    return result ? summarize(result).find((row) => row.name === 'octopus') : undefined;
  });
  if (!one || !two) return [];
  const growth = two.cpuMicros / one.cpuMicros;
  const perCore = 1e6 / two.cpuMicros;
  const thousands = (count: number) => `${Math.round(count / 1_000).toLocaleString('en')},000`;
  return [
    `## More cores

A request costs ${one.cpuMicros.toFixed(1)} µs of CPU time with one worker and ${two.cpuMicros.toFixed(1)} µs with two, ${growth.toFixed(2)} times as
much. The workers share no lock and no queue: each has its own listening socket, connections, pools and counters, and what
they share (health, requests in flight, limits) is a few atomic operations per request. A core that does nothing else thus
serves up to ${thousands(perCore)} such requests per second, and ${CORES} workers on ${CORES} cores up to ${thousands(CORES * perCore)}.

That is arithmetic and no measurement. It assumes that

* a further worker costs the others no more than the second cost the first. Caches and memory that all cores share may make
  it more: if each doubling costs that factor again, ${CORES} cores serve ${thousands((CORES * perCore) / Math.max(1, growth) ** 2)};
* all ${CORES} cores are the gateway's: the load and the endpoints run on other machines;
* the network card spreads its interrupts over the cores (RSS), and the kernel's network stack is not the limit before;
* there are many connections. The kernel gives each new one to a worker by the hash of its addresses, so that few
  connections, or a few busy ones, leave workers unevenly loaded: \`octopus_worker_connections\` and
  \`octopus_worker_requests_total\` show it. With 64 connections on ${CORES} workers expect the busiest to have half as many again
  as the mean; with 10,000 it is within a few percent;
* the cores are alike. Two threads of one core (SMT) count as about one and a quarter.

\`server.pin_cpus\` keeps each worker on its core, which on a machine that does nothing else saves cache misses; see
[operations.md](operations.md).`,
  ];
}

function section(result: CaseResult): string {
  const { environment, conditions } = result;
  const timing =
    conditions.connections > 1_000
      ? ''
      : `, ${conditions.rounds} rounds of ${conditions.seconds} s, origin: ${conditions.origin}`;
  const where =
    `${environment.date}, commit ${environment.commit}, Node ${environment.node}, Linux ${environment.kernel}, ` +
    `${environment.cores} cores (${environment.cpu}), ${environment.memoryGiB} GiB${timing}`;
  return [
    `### ${result.title}`,
    ...tablesOf(result).map(markdown),
    ...remarksOn(result),
    `<sub>${where}</sub>`,
  ].join('\n\n');
}
