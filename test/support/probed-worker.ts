/**
 * Entry of a worker thread that can be asked what requests make it allocate and start. Between two `probe` messages it
 * counts; the answer to the second one is a `ProbeReport`.
 */
import { createHook } from 'node:async_hooks';
import { GCProfiler, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort } from 'node:worker_threads';

export interface ProbeMessage {
  readonly type: 'probe';
  /** Hooks allocate themselves, so it is one or the other. */
  readonly what: 'bytes' | 'resources';
}

export interface ProbeReport {
  readonly type: 'probe';
  /** Bytes of heap since the probe before; with `resources` meaningless. */
  readonly bytes: number;
  /** Garbage collections since the probe before: with one, `bytes` says nothing. */
  readonly collections: number;
  /** How many asynchronous resources of each kind began: `PROMISE`, `Timeout`, `Immediate`, `TickObject`, … */
  readonly resources: Readonly<Record<string, number>>;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let counts: Record<string, number> = {};
const hook = createHook({
  init(_id, kind) {
    counts[kind] = (counts[kind] ?? 0) + 1;
  },
});
let collections = new GCProfiler();
let heapBefore = 0;
let running = false;

parentPort!.on('message', ({ type, what }: ProbeMessage) => {
  if (type !== 'probe') return;
  if (running) hook.disable();
  const report: ProbeReport = {
    type: 'probe',
    bytes: getHeapStatistics().used_heap_size - heapBefore,
    resources: counts,
    collections: running ? (collections.stop()?.statistics.length ?? 0) : 0,
  };
  running = !running;
  if (running) {
    collect();
    counts = {};
    collections = new GCProfiler();
    collections.start();
    if (what === 'resources') hook.enable();
  }
  parentPort!.postMessage(report);
  heapBefore = getHeapStatistics().used_heap_size;
});

await import('../../src/worker/main.ts');
