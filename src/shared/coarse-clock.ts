/**
 * One coarse clock per thread for everything that has a deadline: no timer per request or connection, and no call into
 * the system per event. Whoever has deadlines registers a sweep; sweeps walk their own lists.
 */

// The global of that name is a getter: 0.1 µs more for each look.
import { performance } from 'node:perf_hooks';

const TICK_MS = 100;

/** A tick that comes later than this, in milliseconds, tells of a thread that could not look at its sockets for so long. */
const MISSED_MS = 500;

/** @param missed milliseconds in which this thread saw nothing of what arrived; 0 as a rule */
type Sweep = (now: number, missed: number) => void;

const sweeps: Sweep[] = [];
let timer: NodeJS.Timeout | null = null;
let lastTick = 0;

/** Milliseconds of the monotonic clock at the last tick or look; `now` lags by at most one tick while the loop is free. */
export const coarseClock: { now: number } = { now: Math.floor(performance.now()) };

/**
 * Looks at the real clock (40 ns). Whoever does so anyway sets the coarse clock too: a deadline counted from a moment up
 * to a tick ago would come early, which a limit of 100 ms does not forgive.
 *
 * @returns milliseconds with fraction
 */
export function exactNow(): number {
  const now = performance.now();
  coarseClock.now = Math.floor(now);
  return now;
}

/** Calls `sweep` on every tick from now on. The timer does not keep the process alive. */
export function onTick(sweep: Sweep): void {
  sweeps.push(sweep);
  if (timer !== null) return;
  lastTick = coarseClock.now;
  timer = setInterval(tick, TICK_MS);
  timer.unref();
}

function tick(): void {
  const now = Math.floor(performance.now());
  const late = now - lastTick - TICK_MS;
  const missed = late >= MISSED_MS ? late : 0;
  lastTick = now;
  coarseClock.now = now;
  for (let i = 0; i < sweeps.length; i++) sweeps[i]!(now, missed);
}
