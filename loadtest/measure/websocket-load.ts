import { fileURLToPath } from 'node:url';
import type { WebSocketJob, WebSocketReport } from '../generators/websocket-load.ts';
import { run } from '../system/child.ts';
import type { CoreLayout } from '../system/cores.ts';
import type { LoadResult } from './load.ts';

const GENERATOR = fileURLToPath(new URL('../generators/websocket-load.js', import.meta.url));

export async function runWebSocketLoad(job: WebSocketJob, layout: CoreLayout): Promise<LoadResult> {
  const output = await run(
    { command: process.execPath, args: [GENERATOR, JSON.stringify(job)] },
    layout.load,
  );
  const { messages, ...rest } = JSON.parse(output) as WebSocketReport;
  return { requests: messages, ...rest };
}
