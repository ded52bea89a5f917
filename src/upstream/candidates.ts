/** The endpoints that a balancer may choose from, in fixed arrays that are refilled instead of made anew. */
import type { Endpoint } from '../routing/model.ts';

export class Candidates {
  readonly endpoints: readonly Endpoint[];
  /** Positions 0 to `count - 1` hold indexes of `endpoints`, ascending. */
  readonly indexes: Int32Array;
  /** Sum of the weights up to and including a position. */
  readonly cumulated: Float64Array;
  count = 0;
  totalWeight = 0;
  /** All candidates weigh the same. */
  even = true;

  constructor(endpoints: readonly Endpoint[]) {
    this.endpoints = endpoints;
    this.indexes = new Int32Array(endpoints.length);
    this.cumulated = new Float64Array(endpoints.length);
  }

  clear(): void {
    this.count = 0;
    this.totalWeight = 0;
    this.even = true;
  }

  add(index: number): void {
    const weight = this.endpoints[index]!.weight;
    if (this.count > 0 && weight !== this.totalWeight / this.count) this.even = false;
    this.totalWeight += weight;
    this.indexes[this.count] = index;
    this.cumulated[this.count] = this.totalWeight;
    this.count++;
  }

  /** Takes over what `other` holds, without the indexes in `avoid`. */
  fillWithout(other: Candidates, avoid: readonly number[]): void {
    this.clear();
    for (let position = 0; position < other.count; position++) {
      const index = other.indexes[position]!;
      if (!avoid.includes(index)) this.add(index);
    }
  }

  weightAt(position: number): number {
    return this.endpoints[this.indexes[position]!]!.weight;
  }

  slotAt(position: number): number {
    return this.endpoints[this.indexes[position]!]!.slot;
  }

  /** The position whose share of the weights holds `fraction`, which is from 0 to below 1. */
  positionAt(fraction: number): number {
    if (this.even) return Math.floor(fraction * this.count);
    const target = fraction * this.totalWeight;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.cumulated[middle]! > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
