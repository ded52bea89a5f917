// Writes docs/metrics.md from the metric table in src/telemetry/metric-table.ts; with --check only says whether it is up
// to date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './fresh.mjs';

const target = path.join(root, 'docs', 'metrics.md');
const { METRICS, OVERFLOW, UNKNOWN_METHOD, UNMATCHED } = await import(
  pathToFileURL(path.join(ensureBuilt('.build-check'), 'src', 'telemetry', 'metric-table.js'))
);

const LABELS = {
  backend: 'Name of the discovery backend, or `push` for services that register themselves.',
  code: 'A code of [errors.md](errors.md).',
  direction: '`received` from clients or `sent` to them.',
  endpoint: '`host:port`.',
  event: 'Named by the plugin.',
  grpc_status: 'Name of the status, such as `OK` or `UNAVAILABLE`.',
  method:
    '`GET`, `POST`, `PUT`, `DELETE`, `HEAD`, `PATCH`, `OPTIONS`, or `OTHER`; of gRPC the name of the method, see [below](#service-and-method-of-grpc).',
  node: 'Version of Node.js.',
  plugin: 'Name of the plugin.',
  reason: 'What forbade the retry.',
  result: 'How the reload or update ended.',
  route: `The pattern of the route as in the configuration, never the path of a request; \`${UNMATCHED}\` for requests that matched none.`,
  service:
    'Name of the service in lower case; of gRPC its full name as in the path, see [below](#service-and-method-of-grpc).',
  status: 'Three digits, or `other` for what is no HTTP status.',
  type: 'What the routes come from: `openapi`, `asyncapi`, `graphql`, `grpc`, `orpc`, `route-table` or `catch-all`.',
  upstream: 'Name of the upstream.',
  version: 'Version of the plugin or of the gateway.',
  worker: 'Number of the worker thread, from 0.',
};

const text = `<!-- Generated from src/telemetry/metric-table.ts by scripts/metrics-docs.mjs; do not edit. -->
# Metrics

Prometheus scrapes them from the admin address at \`/metrics\` (\`observability.metrics.path\`). The format is the
Prometheus text format 0.0.4, or OpenMetrics 1.0.0 for clients that prefer it. Numbers of all worker threads are added up
on scrape; a worker that dies leaves its counts behind, so that counters never go back while the process lives.

A series appears when it is first used. For labels whose values come from the configuration there is a limit, so that
no configuration makes the scrape grow without end: the first 2,000 routes and the first 2,000 upstreams have series of
their own, all others are counted together under \`${OVERFLOW}\`; so are label combinations beyond 10,000 of one metric.
\`octopus_metric_series_overflowed_total\` tells whether that happened.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
${Object.entries(METRICS)
  .map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${cell(help)} |`,
  )
  .join('\n')}

Buckets of \`octopus_request_duration_seconds\` and \`octopus_grpc_request_duration_seconds\`: ${METRICS.octopus_request_duration_seconds.buckets.join(', ')}, +Inf.

Beside these there are \`process_*\` (CPU, memory, file descriptors of the whole process) and \`nodejs_*\` (event loop,
garbage collection and heap of the primary thread).

## Labels

| label | value |
| --- | --- |
${[...new Set(Object.values(METRICS).flatMap(({ labels }) => labels))]
  .sort()
  .map((label) => `| \`${label}\` | ${cell(LABELS[label] ?? fail(label))} |`)
  .join('\n')}

### Service and method of gRPC

They come from the path, which any client can invent, so that only names that somebody has confirmed make series: a route
names the method in full, or a service has answered a call of it with a message or with a status that only the method
itself gives (not UNIMPLEMENTED, UNAVAILABLE, UNAUTHENTICATED, PERMISSION_DENIED or RESOURCE_EXHAUSTED, which come from what
stands before it). Of the latter the first 1,000 count. All other calls have \`${UNKNOWN_METHOD}\` in place of the method, and of the
service too unless the route names it.

## Questions and their queries

Requests per second by route, and the share of those that failed:

\`\`\`promql
sum by (route) (rate(octopus_requests_total[5m]))
sum by (route) (rate(octopus_requests_total{status=~"5.."}[5m])) / sum by (route) (rate(octopus_requests_total[5m]))
\`\`\`

99th percentile of the latency by route:

\`\`\`promql
histogram_quantile(0.99, sum by (route, le) (rate(octopus_request_duration_seconds_bucket[5m])))
\`\`\`

Share of the calls of gRPC that end with a fault of the service:

\`\`\`promql
sum by (service) (rate(octopus_grpc_requests_total{grpc_status=~"UNKNOWN|INTERNAL|UNAVAILABLE|DATA_LOSS|DEADLINE_EXCEEDED"}[5m]))
  / sum by (service) (rate(octopus_grpc_requests_total[5m]))
\`\`\`

What is worth an alert:

\`\`\`promql
octopus_circuit_breaker_state == 2
sum by (upstream) (octopus_endpoint_healthy) == 0
increase(octopus_worker_restarts_total[15m]) > 0
increase(octopus_config_reloads_total{result="refused"}[15m]) > 0
increase(octopus_log_lines_dropped_total[15m]) > 0
octopus_route_conflicts > 0
\`\`\`
`;

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readIfThere(target) !== text) {
  console.error(
    'docs/metrics.md is out of step with src/telemetry/metric-table.ts; run: node scripts/metrics-docs.mjs',
  );
  process.exit(1);
}

function cell(markdown) {
  return markdown.replaceAll('|', '\\|');
}

function fail(label) {
  throw new Error(`scripts/metrics-docs.mjs does not explain the label ${label}`);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
