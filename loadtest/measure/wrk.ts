import { run } from '../system/child.ts';
import type { CoreLayout } from '../system/cores.ts';
import type { LoadResult } from './load.ts';

export interface WrkLoad {
  /** Path of the Lua script. */
  readonly script: string;
  readonly scriptArgs: readonly string[];
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

export async function runWrk(load: WrkLoad, layout: CoreLayout): Promise<LoadResult> {
  const output = await run(
    {
      command: 'wrk',
      args: [
        ...['-t', String(layout.loadThreads), '-c', String(load.connections), '-d', `${load.seconds}s`],
        ...['--timeout', '5s', '-s', load.script, load.url],
        ...(load.scriptArgs.length > 0 ? ['--', ...load.scriptArgs] : []),
      ],
    },
    layout.load,
  );
  return parseWrkOutput(output);
}

/** Reads the line that `wrk/report.lua` prints. */
export function parseWrkOutput(output: string): LoadResult {
  const line = /^@result (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk printed no result:\n${output}`);
  const raw = JSON.parse(line) as Record<string, number>;
  const { requests = 0, durationMicros = 0, connect = 0, read = 0, write = 0, status = 0, timeout = 0 } = raw;
  return {
    requests,
    seconds: durationMicros / 1e6,
    errors: connect + read + write + status + timeout,
    p50: (raw['p50'] ?? 0) / 1e3,
    p99: (raw['p99'] ?? 0) / 1e3,
    p999: (raw['p999'] ?? 0) / 1e3,
  };
}
