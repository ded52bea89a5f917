/** Runs one task on several worker threads at the same moment, all on the same cells. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Upstream } from '../../src/routing/model.ts';
import type { CellBuffers } from './upstream-records.ts';

/** What each thread does; see `upstream-thread.ts`. */
export type ThreadTask =
  /** Picks that often. Result: how often each endpoint was picked. */
  | { readonly kind: 'pick'; readonly times: number }
  /** Asks the breaker that often and keeps what it got. Result: [admitted, probes, refused]. */
  | { readonly kind: 'admit'; readonly times: number }
  /** Asks the breaker over and over, settling probes as told, for `forMs`. Result: [probes]. */
  | { readonly kind: 'probe'; readonly forMs: number; readonly ok: boolean }
  /** Asks for that many retries. Result: [allowed]. */
  | { readonly kind: 'retry'; readonly times: number; readonly share: number }
  /** Fails that endpoint that often. Result: []. */
  | { readonly kind: 'fail'; readonly times: number; readonly endpoints: readonly number[] }
  /** Starts that many tries at every endpoint and ends `ended` of them. Result: []. */
  | { readonly kind: 'begin'; readonly times: number; readonly ended: number }
  /** Result: [`performance.now()` as process time]. */
  | { readonly kind: 'time' };

export interface ThreadInput {
  readonly worker: number;
  readonly record: Upstream;
  readonly buffers: CellBuffers;
  readonly task: ThreadTask;
  /** [0]: threads that are ready; [1]: 1 when they may start. */
  readonly gate: Int32Array;
}

export async function runThreads(
  count: number,
  buffers: CellBuffers,
  record: Upstream,
  task: ThreadTask,
): Promise<number[][]> {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const running = Array.from({ length: count }, async (_, worker) => {
    const workerData: ThreadInput = { worker, record, buffers, task, gate };
    const thread = new Worker(new URL('./upstream-thread.js', import.meta.url), { workerData });
    const [[result]] = (await Promise.all([once(thread, 'message'), once(thread, 'exit')])) as [
      [number[]],
      unknown,
    ];
    return result;
  });
  while (Atomics.load(gate, 0) < count) await new Promise((resolve) => setTimeout(resolve, 1));
  Atomics.store(gate, 1, 1);
  Atomics.notify(gate, 1);
  return Promise.all(running);
}

/** Adds up the results of all threads, position by position. */
export function sumOf(results: readonly number[][]): number[] {
  return results[0]!.map((_, at) => results.reduce((sum, result) => sum + result[at]!, 0));
}
