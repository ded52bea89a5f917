/** Gives series their cells in the region of the own thread, and tells the primary about them. */
import type { SeriesAnnouncement } from '../shared/messages.ts';
import {
  type CounterName,
  type GaugeName,
  type LabelsOf,
  METRICS,
  type MetricName,
  OVERFLOW,
} from './metric-table.ts';
import { RegionAllocator, type RegionCells, SCRAP_CELL } from './region.ts';

/** One metric may not use up the region: beyond this its new label combinations are counted as `__overflow__`. */
export const MAX_SERIES_PER_METRIC = 10_000;

type Labels = Readonly<Record<string, string>>;

/** One number of the region. */
export class Cell {
  readonly #cells: RegionCells;
  readonly #index: number;

  constructor(cells: RegionCells, index: number) {
    this.#cells = cells;
    this.#index = index;
  }

  get value(): number {
    return this.#cells[this.#index] as number;
  }

  add(amount: number): void {
    this.#cells[this.#index]! += amount;
  }

  set(value: number): void {
    this.#cells[this.#index] = value;
  }
}

export class SeriesCells {
  readonly cells: RegionCells;
  readonly #allocator: RegionAllocator;
  readonly #announce: (series: SeriesAnnouncement[]) => void;
  readonly #singles = new Map<string, Cell>();
  readonly #seriesOf = new Map<string, number>();
  readonly #overflowed: Cell;
  #pending: SeriesAnnouncement[] = [];

  constructor(region: SharedArrayBuffer, announce: (series: SeriesAnnouncement[]) => void) {
    this.#allocator = new RegionAllocator(region);
    this.cells = this.#allocator.cells;
    this.#announce = announce;
    this.#overflowed = this.counter('octopus_metric_series_overflowed_total', {});
  }

  counter<Name extends CounterName>(metric: Name, labels: LabelsOf<Name>): Cell {
    return this.#single(metric, labels);
  }

  gauge<Name extends GaugeName>(metric: Name, labels: LabelsOf<Name>): Cell {
    return this.#single(metric, labels);
  }

  /** Neighbouring cells for a series of which the caller knows that it is new; -1 when the region is full. */
  allocate(metric: MetricName, labels: Labels, count: number): number {
    return this.#announced(this.#allocator.allocate(count), metric, labels);
  }

  /** The same for a series labelled `__overflow__`. */
  allocateReserved(metric: MetricName, labels: Labels, count: number): number {
    return this.#announced(this.#allocator.allocateReserved(count), metric, labels);
  }

  /** A series was counted as `__overflow__`. */
  countOverflow(): void {
    this.#overflowed.add(1);
  }

  /** Announces at once what would be announced at the end of this turn of the event loop. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const series = this.#pending;
    this.#pending = [];
    this.#announce(series);
  }

  #announced(cell: number, metric: MetricName, labels: Labels): number {
    if (cell < 0) return cell;
    if (this.#pending.length === 0) setImmediate(() => this.flush());
    this.#pending.push({ metric, labels, cell });
    return cell;
  }

  #single(metric: MetricName, labels: Labels): Cell {
    const key = seriesKey(metric, labels);
    const known = this.#singles.get(key);
    if (known !== undefined) return known;
    const used = this.#seriesOf.get(metric) ?? 0;
    const index = used < MAX_SERIES_PER_METRIC ? this.allocate(metric, labels, 1) : -1;
    if (index < 0) return this.#overflowCell(metric);
    this.#seriesOf.set(metric, used + 1);
    const cell = new Cell(this.cells, index);
    this.#singles.set(key, cell);
    return cell;
  }

  #overflowCell(metric: MetricName): Cell {
    this.countOverflow();
    const labels = Object.fromEntries(METRICS[metric].labels.map((name) => [name, OVERFLOW]));
    const key = seriesKey(metric, labels);
    let cell = this.#singles.get(key);
    if (cell === undefined) {
      const index = this.allocateReserved(metric, labels, 1);
      cell = new Cell(this.cells, index < 0 ? SCRAP_CELL : index);
      this.#singles.set(key, cell);
    }
    return cell;
  }
}

function seriesKey(metric: MetricName, labels: Readonly<Record<string, string>>): string {
  let key: string = metric;
  for (const name of METRICS[metric].labels) key += `\n${labels[name]}`;
  return key;
}
