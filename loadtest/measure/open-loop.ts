import { fileURLToPath } from 'node:url';
import type { OpenLoopJob, OpenLoopReport } from '../generators/open-loop.ts';
import { run } from '../system/child.ts';
import type { CoreLayout } from '../system/cores.ts';

const GENERATOR = fileURLToPath(new URL('../generators/open-loop.js', import.meta.url));

export async function runOpenLoop(job: OpenLoopJob, layout: CoreLayout): Promise<OpenLoopReport> {
  const output = await run(
    { command: process.execPath, args: [GENERATOR, JSON.stringify(job)] },
    layout.load,
  );
  return JSON.parse(output) as OpenLoopReport;
}

/** The same request as the wrk scripts send: Host and five more fields. */
export function requestHead(port: number, path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'User-Agent: octopus-loadtest/1',
    'Accept: application/json',
    'Accept-Language: en',
    'Accept-Encoding: identity',
    'Cookie: session=0123456789abcdef',
    '\r\n',
  ].join('\r\n');
}
