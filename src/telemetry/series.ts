/** Primary side: the series of one metric, each the sum of cells in the regions of several workers. */
import type { MetricEntry } from './metric-table.ts';
import type { RegionCells } from './region.ts';

/** A number that is read where it lives when someone scrapes. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class SeriesFamily {
  readonly #entry: MetricEntry;
  readonly #width: number;
  readonly #byKey = new Map<string, Series>();

  constructor(entry: MetricEntry) {
    this.#entry = entry;
    // A histogram has a cell per bucket, one for +Inf and one for the sum (recorder.ts).
    this.#width = entry.type === 'histogram' ? (entry.buckets?.length ?? 0) + 2 : 1;
  }

  get size(): number {
    return this.#byKey.size;
  }

  find(labels: Readonly<Record<string, string>>): Series | undefined {
    return this.#byKey.get(this.#key(labels));
  }

  add(labels: Readonly<Record<string, string>>): Series {
    const series = new Series(labels, this.#width, this.#entry.type === 'gauge');
    this.#byKey.set(this.#key(labels), series);
    return series;
  }

  /** Series with their values; gauges that no living worker feeds are dropped. */
  read(): Series[] {
    const live: Series[] = [];
    for (const [key, series] of this.#byKey) {
      if (series.isGone) this.#byKey.delete(key);
      else live.push(series);
    }
    return live;
  }

  #key(labels: Readonly<Record<string, string>>): string {
    let key = '';
    for (const name of this.#entry.labels) key += `${labels[name]}\n`;
    return key;
  }
}

/** One label combination of one metric over all workers, dead ones included. */
export class Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly #isGauge: boolean;
  readonly #past: Float64Array;
  #regions: RegionCells[] = [];
  #firstCells: number[] = [];

  constructor(labels: Readonly<Record<string, string>>, width: number, isGauge: boolean) {
    this.labels = labels;
    this.#isGauge = isGauge;
    this.#past = new Float64Array(width);
  }

  get isGone(): boolean {
    return this.#isGauge && this.#regions.length === 0;
  }

  /** Sum of the cells at that distance from the first. */
  value(offset = 0): number {
    let sum = this.#past[offset] as number;
    for (let at = 0; at < this.#regions.length; at++) {
      sum += this.#regions[at]![this.#firstCells[at]! + offset] as number;
    }
    return sum;
  }

  place(cells: RegionCells, first: number): void {
    this.#regions.push(cells);
    this.#firstCells.push(first);
  }

  retire(cells: RegionCells): void {
    const keptRegions: RegionCells[] = [];
    const keptCells: number[] = [];
    for (let at = 0; at < this.#regions.length; at++) {
      const region = this.#regions[at] as RegionCells;
      const first = this.#firstCells[at] as number;
      if (region !== cells) {
        keptRegions.push(region);
        keptCells.push(first);
      } else if (!this.#isGauge) {
        for (let offset = 0; offset < this.#past.length; offset++) {
          this.#past[offset]! += region[first + offset] as number;
        }
      }
    }
    this.#regions = keptRegions;
    this.#firstCells = keptCells;
  }
}
