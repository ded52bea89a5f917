import os from 'node:os';
import { canShareListener } from '../../native-bindings/reuse-port.ts';

export interface WorkerCount {
  readonly count: number;
  /** What the reader of the log should know; `''` when all is as asked for. */
  readonly warning: string;
}

/** How many workers to start: `auto` is one for each core this process may use. */
export function workerCount(wanted: number | 'auto', canShare = canShareListener()): WorkerCount {
  const count = wanted === 'auto' ? os.availableParallelism() : wanted;
  if (count === 1 || canShare) return { count, warning: '' };
  return {
    count: 1,
    warning:
      `only one worker is started instead of ${count}: several cannot listen on one port here ` +
      '(it needs SO_REUSEPORT of Linux with Node.js 22.12 or newer, or the optional module koffi)',
  };
}
