/** How patient the supervision of a backend is. */

/** Milliseconds. */
export interface Pace {
  /** Pause after the first failure; it doubles with each further one. */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** A backend that has not told its entries within this time is given up and tried again. */
  readonly syncTimeout: number;
  /** A watch that held this long was well: the next failure is a first one again. */
  readonly steady: number;
  /** Changes that follow each other within this time are told together. */
  readonly quiet: number;
  /** Least time between two lists, so that an entry that flaps does not keep everything busy. */
  readonly interval: number;
}

export const DEFAULT_PACE: Pace = {
  firstRetry: 500,
  longestRetry: 30_000,
  syncTimeout: 30_000,
  steady: 10_000,
  quiet: 10,
  interval: 100,
};

/**
 * Half of the pause is left to chance: gateways that lost a backend together must not come back to it together.
 *
 * @param failures in a row, at least 1
 * @returns milliseconds
 */
export function retryPause(
  { firstRetry, longestRetry }: Pace,
  failures: number,
  random = Math.random,
): number {
  const full = Math.min(longestRetry, firstRetry * 2 ** Math.min(failures - 1, 20));
  return full * (0.5 + random() / 2);
}
