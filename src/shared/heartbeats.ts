/**
 * A count for each worker thread that the thread raises at every tick of its clock, so ten times a second as long as its
 * event loop turns. A count that stands still shows the primary a thread that hangs.
 */
import { MAX_WORKERS } from './memory.ts';

export class Heartbeats {
  static byteLength(): number {
    return MAX_WORKERS * Int32Array.BYTES_PER_ELEMENT;
  }

  readonly #counts: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory);
  }

  beat(worker: number): void {
    Atomics.add(this.#counts, worker, 1);
  }

  /** Wraps around; what counts is whether it changes. */
  count(worker: number): number {
    return Atomics.load(this.#counts, worker);
  }
}
