/**
 * When to apply what discovery says: a single change at once, a flood of them with pauses in between, so that making and
 * swapping generations never takes more than a part of the time, however much flaps.
 */

/** Share of the time that may go into generations. */
const SHARE = 1 / 3;
const MIN_PAUSE = 20;
const MAX_PAUSE = 2_000;

export class DiscoveryPace {
  readonly #apply: () => Promise<unknown>;
  #timer: NodeJS.Timeout | null = null;
  #isRunning = false;
  #isWanted = false;
  /** `performance.now()` before which nothing is applied. */
  #notBefore = Number.POSITIVE_INFINITY;
  #isStopped = false;

  /** @param apply must not reject */
  constructor(apply: () => Promise<unknown>) {
    this.#apply = apply;
  }

  /** Nothing is applied before. */
  start(): void {
    this.#notBefore = 0;
    if (this.#isWanted) this.changed();
  }

  changed(): void {
    this.#isWanted = true;
    if (this.#timer !== null || this.#isRunning || this.#isStopped) return;
    if (this.#notBefore === Number.POSITIVE_INFINITY) return;
    const pause = Math.max(0, this.#notBefore - performance.now());
    this.#timer = setTimeout(() => void this.#run(), pause);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #run(): Promise<void> {
    this.#timer = null;
    this.#isRunning = true;
    this.#isWanted = false;
    const startedAt = performance.now();
    await this.#apply();
    const took = performance.now() - startedAt;
    const pause = Math.min(MAX_PAUSE, Math.max(MIN_PAUSE, took * (1 / SHARE - 1)));
    this.#notBefore = performance.now() + pause;
    this.#isRunning = false;
    if (this.#isWanted) this.changed();
  }
}
