/** The tables of one case as rows of text; the terminal and the page lay them out. */
import type { Spread } from '../statistics.ts';
import type { CaseResult } from './results.ts';
import { foreignCoresIn, summarize, summarizeFixedRate } from './summary.ts';

export interface Table {
  readonly caption: string;
  /** The first row is the head, the first column is text, the others are numbers. */
  readonly rows: readonly (readonly string[])[];
}

export function tablesOf(result: CaseResult): Table[] {
  if (result.proxies.every((proxy) => proxy.memory.withConnections !== null)) return [idleTable(result)];
  const tables = [peakTable(result)];
  if (result.proxies.some((proxy) => proxy.fixedRate.length > 0)) tables.push(fixedRateTable(result));
  return tables;
}

function peakTable(result: CaseResult): Table {
  const { unit } = result.conditions;
  const head = [
    '',
    `${unit}s/s`,
    `CPU µs/${unit === 'request' ? 'req' : unit}`,
    'user',
    'system',
    'p50 ms',
    'p99 ms',
    'p99.9 ms',
    'MB',
    'errors',
    'CPU to nginx',
  ];
  const rows = summarize(result).map((row) => [
    `${row.name} ${row.version}`,
    Math.round(row.requestsPerSecond).toLocaleString('en') + (row.saturated ? '' : '*'),
    ...[row.cpuMicros, row.userMicros, row.systemMicros].map((value) => value.toFixed(1)),
    ...[row.p50, row.p99, row.p999].map((value) => value.toFixed(2)),
    megabytes(row.residentBytes),
    String(row.errors),
    row.ratio ? ratioText(row.ratio) : '-',
  ]);
  return { caption: 'At peak', rows: [head, ...rows] };
}

function fixedRateTable(result: CaseResult): Table {
  const head = ['', 'requests/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'errors'];
  const rows = summarizeFixedRate(result).map((row) => [
    row.name,
    Math.round(row.requestsPerSecond).toLocaleString('en'),
    ...[row.p50, row.p99, row.p999].map((value) => value.toFixed(2)),
    String(row.errors),
  ]);
  return { caption: 'At half of its own peak, open loop', rows: [head, ...rows] };
}

function idleTable({ conditions, proxies }: CaseResult): Table {
  const head = [
    '',
    'MB without load',
    `MB with ${conditions.connections.toLocaleString('en')}`,
    'KB per connection',
  ];
  const rows = proxies.map(({ name, version, memory }) => {
    const growth = (memory.withConnections ?? 0) - memory.resident;
    return [
      `${name} ${version}`,
      megabytes(memory.resident),
      megabytes(memory.withConnections ?? 0),
      (growth / 1e3 / conditions.connections).toFixed(1),
    ];
  });
  return { caption: 'Resident memory', rows: [head, ...rows] };
}

/** What a reader must know to trust or doubt the case; empty when there is nothing to say. */
export function remarksOn(result: CaseResult): string[] {
  const remarks: string[] = [];
  if (summarize(result).some((row) => !row.saturated)) {
    remarks.push(
      '* Its cores were not busy: the load or the origin was the limit. CPU time is right all the same.',
    );
  }
  if (result.conditions.overlapping && summarize(result).length > 0) {
    remarks.push(
      'Too few cores to keep proxy and load apart: requests/s and latency mean little, CPU time holds.',
    );
  }
  for (const { name, workerRequests = [] } of result.proxies) {
    if (workerRequests.length < 2) continue;
    const all = workerRequests.reduce((sum, count) => sum + count, 0);
    const shares = workerRequests.map((count) => `${((count / all) * 100).toFixed(0)}%`);
    remarks.push(`The workers of ${name} served ${shares.join(' and ')} of the requests.`);
  }
  const foreign = foreignCoresIn(result);
  if (foreign > 0.1) remarks.push(`Other processes used up to ${foreign.toFixed(1)} cores meanwhile.`);
  return remarks;
}

export function ratioText({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}-${max.toFixed(2)})`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/** For the terminal: columns aligned by spaces. */
export function plainText({ caption, rows }: Table): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  '),
  );
  return [`${caption}:`, ...lines].join('\n');
}

export function markdown({ caption, rows }: Table): string {
  const [head, ...body] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const ruler = head!.map((_, column) => (column === 0 ? '---' : '---:'));
  return [`${caption}:`, '', line(head!), line(ruler), ...body.map(line)].join('\n');
}
