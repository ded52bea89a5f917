import type { Candidates } from '../candidates.ts';
import type { Balancer } from './balancer.ts';

/** By chance, in proportion to the weights. */
export class Random implements Balancer {
  pick(candidates: Candidates): number {
    return candidates.positionAt(Math.random());
  }
}

/** Another position than `position`, by chance; the same one if there is no other. */
export function otherPosition(candidates: Candidates, position: number): number {
  if (candidates.count < 2) return position;
  const other = Math.floor(Math.random() * (candidates.count - 1));
  return other < position ? other : other + 1;
}
