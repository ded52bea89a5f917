const STEPS = 4;

/**
 * A time limit in steps: time in which this thread was busy with something else stretches one step only, so the endpoint
 * is not blamed for it.
 */
export class Patience {
  readonly #step: number;
  readonly #onEnd: () => void;
  #left = STEPS;
  #timer: NodeJS.Timeout | null = null;

  /** @param limit milliseconds @param onEnd called once they are over, unless `end` was called before */
  constructor(limit: number, onEnd: () => void) {
    this.#step = limit / STEPS;
    this.#onEnd = onEnd;
    this.#wait();
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      if (--this.#left > 0) this.#wait();
      else this.#onEnd();
    }, this.#step);
  }
}
