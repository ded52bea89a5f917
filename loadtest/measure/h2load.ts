import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SMALL_JSON } from '../cases.ts';
import { grpcMessage } from '../grpc-message.ts';
import { run } from '../system/child.ts';
import type { CoreLayout } from '../system/cores.ts';
import type { LoadResult } from './load.ts';

export interface H2Load {
  readonly url: string;
  readonly connections: number;
  /** Requests at once on each connection. */
  readonly streams: number;
  readonly seconds: number;
  /** Each request is a call of gRPC with one message. */
  readonly grpc: boolean;
  /** Scratch folder. */
  readonly directory: string;
}

/** As many and as long as those of the wrk scripts. */
const FIELDS = [
  'user-agent: octopus-loadtest/1',
  'accept: application/json',
  'accept-language: en',
  'accept-encoding: identity',
  'cookie: session=0123456789abcdef',
];
const GRPC_FIELDS = ['user-agent: octopus-loadtest/1', 'content-type: application/grpc', 'te: trailers'];

export async function runH2load(load: H2Load, layout: CoreLayout): Promise<LoadResult> {
  const log = path.join(load.directory, 'h2load.log');
  const message = path.join(load.directory, 'message.bin');
  writeFileSync(message, grpcMessage(SMALL_JSON));
  // It appends.
  rmSync(log, { force: true });
  const fields = (load.grpc ? GRPC_FIELDS : FIELDS).flatMap((field) => ['-H', field]);
  const output = await run(
    {
      command: 'h2load',
      args: [
        ...['-t', String(Math.min(layout.loadThreads, load.connections)), '-c', String(load.connections)],
        ...['-m', String(load.streams), '-D', String(load.seconds), `--log-file=${log}`],
        ...(load.grpc ? ['-d', message] : []),
        ...fields,
        load.url,
      ],
    },
    layout.load,
  );
  return parseH2load(output, readFileSync(log, 'latin1'));
}

/**
 * @param output what it printed, for what only stands there
 * @param log a line per request: start, status (-1 for none), microseconds until the end of the response
 */
export function parseH2load(output: string, log: string): LoadResult {
  const seconds = Number(/^finished in ([\d.]+)s,/m.exec(output)?.[1] ?? 0);
  if (seconds === 0) throw new Error(`h2load printed no result:\n${output}`);
  const rows = log.split('\n').filter((line) => line !== '');
  const latencies = new Float64Array(rows.length);
  let errors = 0;
  for (const [index, row] of rows.entries()) {
    const [, status, micros] = row.split('\t').map(Number);
    latencies[index] = micros! / 1e3;
    if (!(status! >= 200 && status! < 400)) errors++;
  }
  latencies.sort();
  const percentile = (share: number) =>
    latencies[Math.min(rows.length - 1, Math.floor(rows.length * share))] ?? 0;
  return {
    requests: rows.length,
    seconds,
    errors,
    p50: percentile(0.5),
    p99: percentile(0.99),
    p999: percentile(0.999),
  };
}
