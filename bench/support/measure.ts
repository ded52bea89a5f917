/** What an operation costs, measured so that what else the machine does hardly shows. */

export interface Cost {
  /** Nanoseconds per operation in the best round: a neighbour can only add. */
  readonly ns: number;
  /** Bytes of heap per operation. */
  readonly bytes: number;
}

export interface Extent {
  /** Operations per round. All that a round allocates must fit into the young generation. */
  readonly operations: number;
  readonly rounds?: number;
}

const WARM_UP_ROUNDS = 10;

/** @param operation gets 0, 1, 2, …; returns something, so that it cannot be optimised away */
export function measure(operation: (index: number) => unknown, { operations, rounds = 60 }: Extent): Cost {
  let kept: unknown = null;
  const round = () => {
    for (let i = 0; i < operations; i++) kept = operation(i);
  };
  for (let i = 0; i < WARM_UP_ROUNDS; i++) round();
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) best = Math.min(best, timed(round)[1]);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  round();
  const allocated = process.memoryUsage().heapUsed - before;
  if (kept === undefined) throw new Error('the operation returned nothing');
  return { ns: (best * 1e6) / operations, bytes: Math.max(allocated, 0) / operations };
}

/** @returns what `make` made, and how many milliseconds it took */
export function timed<T>(make: () => T): [T, number] {
  const start = performance.now();
  const value = make();
  return [value, performance.now() - start];
}

export function costText({ ns, bytes }: Cost): string {
  return `${ns.toFixed(0).padStart(6)} ns/op ${bytes.toFixed(0).padStart(6)} B/op`;
}
