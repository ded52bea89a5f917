/** Which dead workers are to be started again, and when. */
import { RestartBackoff } from './restart-backoff.ts';

export class Restarts {
  readonly #start: (worker: number) => void;
  readonly #backoffs: readonly RestartBackoff[];
  readonly #timers = new Map<number, NodeJS.Timeout>();

  constructor(workers: number, start: (worker: number) => void) {
    this.#start = start;
    this.#backoffs = Array.from({ length: workers }, () => new RestartBackoff());
  }

  /**
   * @param lifetime milliseconds that the dead worker lived
   * @returns milliseconds until its successor starts
   */
  schedule(worker: number, lifetime: number): number {
    const pause = this.#backoffs[worker]!.next(lifetime);
    const timer = setTimeout(() => {
      this.#timers.delete(worker);
      this.#start(worker);
    }, pause);
    this.#timers.set(worker, timer);
    return pause;
  }

  /** @returns the workers whose pause is not over; they are the caller's to start now */
  take(): number[] {
    const waiting = [...this.#timers.keys()];
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    return waiting;
  }
}
