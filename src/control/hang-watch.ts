/**
 * Notices worker threads whose event loop no longer turns: an endless loop in a plugin, a regular expression that never
 * comes to an end.
 *
 * Time is counted in ticks of the primary's own loop and not by a clock. While the whole process stands still (SIGSTOP, a
 * frozen container, a laptop that sleeps) nobody ticks; afterwards everybody does at once. And on a machine with too much
 * to do, where the primary gets its turn late, the worker's time gets longer as well.
 */
import inspector from 'node:inspector';
import type { Heartbeats } from '../shared/heartbeats.ts';

export interface HangWatchOptions {
  readonly workers: number;
  readonly heartbeats: Heartbeats;
  /** Whether that worker is to be watched: one that starts or ends is not. */
  isServing(worker: number): boolean;
  /** Called once for each hang, as `isServing` is false from then on. `silence`: milliseconds without a turn of its loop. */
  onHang(worker: number, silence: number): void;
  /** Default: whether a debugger may be attached, at whose breakpoints a worker stands still for as long as somebody thinks. */
  isDebugged?(): boolean;
}

/** So that a hang is noticed within the timeout and a tenth of it. */
const TICKS_PER_TIMEOUT = 10;

export class HangWatch {
  readonly #options: HangWatchOptions;
  readonly #counts: number[];
  /** Ticks since the count of that worker changed. */
  readonly #silentTicks: number[];
  #timeout = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: HangWatchOptions) {
    this.#options = options;
    this.#counts = new Array(options.workers).fill(0);
    this.#silentTicks = new Array(options.workers).fill(0);
  }

  /** From now on. @param timeout milliseconds; 0: nobody is watched */
  configure(timeout: number): void {
    if (timeout === this.#timeout) return;
    this.stop();
    this.#timeout = timeout;
    if (timeout === 0) return;
    this.#silentTicks.fill(0);
    this.#timer = setInterval(() => this.#tick(), timeout / TICKS_PER_TIMEOUT);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#timeout = 0;
  }

  #tick(): void {
    const { workers, heartbeats, isServing, onHang, isDebugged = debuggerListens } = this.#options;
    const debugged = isDebugged();
    for (let worker = 0; worker < workers; worker++) {
      const count = heartbeats.count(worker);
      if (debugged || count !== this.#counts[worker] || !isServing(worker)) {
        this.#counts[worker] = count;
        this.#silentTicks[worker] = 0;
        continue;
      }
      const ticks = ++this.#silentTicks[worker]!;
      if (ticks >= TICKS_PER_TIMEOUT) onHang(worker, Math.round((ticks * this.#timeout) / TICKS_PER_TIMEOUT));
    }
  }
}

function debuggerListens(): boolean {
  return inspector.url() !== undefined;
}
