/**
 * Bounds retries to a share of an upstream's requests, so that retries cannot turn an overload into an outage. Every
 * request deposits its route's share of a token, every retry takes a whole one. What is not used fades within about ten
 * seconds. A floor lets a quiet gateway retry too.
 */
import type { UpstreamCells } from '../shared/upstream-cells.ts';

/** Cells count thousandths, so that a share of 0.1% still counts. */
const TOKEN = 1_000;
/** Unused tokens shrink to this many retries, and a fresh budget starts with them. */
const RESERVE = 100 * TOKEN;
/** Retries per second that come back, up to the reserve. */
const FLOOR_PER_SECOND = 10 * TOKEN;
const FADE_PER_SECOND = 0.1;
/** Keeps the sum far below the end of an Int32. */
const LIMIT = 1_000_000 * TOKEN;

export class RetryBudget {
  readonly #cells: UpstreamCells;
  readonly #slot: number;

  constructor(cells: UpstreamCells, slot: number) {
    this.#cells = cells;
    this.#slot = slot;
  }

  /** Once per exchange. */
  deposit(share: number, now: number): void {
    this.#age(now);
    if (share > 0 && this.#cells.budget(this.#slot) < LIMIT) {
      this.#cells.addBudget(this.#slot, Math.round(share * TOKEN));
    }
  }

  /** Takes a token for one retry. @returns false if there is none, or if the route's share is 0 */
  withdraw(share: number, now: number): boolean {
    if (share <= 0) return false;
    this.#age(now);
    for (;;) {
      const tokens = this.#cells.budget(this.#slot);
      if (tokens < TOKEN) {
        this.#cells.countRetry(this.#slot, false);
        return false;
      }
      if (this.#cells.swapBudget(this.#slot, tokens, tokens - TOKEN)) {
        this.#cells.countRetry(this.#slot, true);
        return true;
      }
    }
  }

  #age(now: number): void {
    const seconds = this.#cells.takeBudgetSeconds(this.#slot, now);
    if (seconds === 0) return;
    const tokens = this.#cells.budget(this.#slot);
    const change =
      tokens > RESERVE
        ? Math.trunc((RESERVE - tokens) * (1 - (1 - FADE_PER_SECOND) ** seconds))
        : Math.min(RESERVE - tokens, FLOOR_PER_SECOND * seconds);
    // Only the thread that took the seconds is here; deposits and withdrawals meanwhile add up with this.
    if (change !== 0) this.#cells.addBudget(this.#slot, change);
  }
}
