/**
 * Worker side: counts requests in the worker's metric region. After the first use of a label combination recording is
 * a few array increments and allocates nothing.
 */
import type { ErrorCode } from '../http/errors.ts';
import type { SeriesAnnouncement } from '../shared/messages.ts';
import { METHOD_LABELS, methodIndex, statusLabel } from './labels.ts';
import {
  type CounterName,
  type GaugeName,
  type LabelsOf,
  METRICS,
  type MetricName,
  OVERFLOW,
  UNMATCHED,
} from './metric-table.ts';
import { RegionAllocator, type RegionCells, SCRAP_CELL } from './region.ts';

/** Bounds in milliseconds; the last bucket, `+Inf`, has none. */
const BOUNDS = Float64Array.from(
  METRICS.octopus_request_duration_seconds.buckets,
  (seconds) => seconds * 1000,
);
/** A histogram's cells: one count per bucket (not cumulative), `+Inf` last, then the sum in seconds. */
const BUCKETS = BOUNDS.length + 1;
const HISTOGRAM_CELLS = BUCKETS + 1;

/** One metric may not use up the region: beyond this its new label combinations are counted as `__overflow__`. */
export const MAX_SERIES_PER_METRIC = 10_000;

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

export class Recorder {
  readonly #allocator: RegionAllocator;
  readonly #announce: (series: SeriesAnnouncement[]) => void;
  #pending: SeriesAnnouncement[] = [];
  readonly #routes = new Map<string, RouteMetrics>();
  readonly #upstreams = new Map<string, UpstreamMetrics>();
  readonly #singles = new Map<string, Cell>();
  readonly #seriesOf = new Map<string, number>();
  readonly #errors = new Map<ErrorCode, Cell>();
  readonly #rejections = new Map<ErrorCode, Cell>();
  readonly #overflowed: Cell;
  readonly #overflowRoute: RouteMetrics;

  /**
   * `region` must be zeroed and belong to this thread. `announce` gets the series that were used for the first time,
   * in batches; the primary cannot see a series before it is announced.
   */
  constructor(region: SharedArrayBuffer, announce: (series: SeriesAnnouncement[]) => void) {
    this.#allocator = new RegionAllocator(region);
    this.#announce = announce;
    this.#overflowRoute = new RouteMetrics(this, this.#allocator.cells, OVERFLOW, null);
    this.#overflowed = this.counter('octopus_metric_series_overflowed_total', {});
  }

  /** The counters of one route pattern: always the same object for the same pattern, so that a reload keeps counting. */
  route(pattern: string): RouteMetrics {
    const known = this.#routes.get(pattern);
    if (known !== undefined) return known;
    if (this.#routes.size >= MAX_SERIES_PER_METRIC) return this.#overflowRoute;
    const metrics = new RouteMetrics(this, this.#allocator.cells, pattern, this.#overflowRoute);
    this.#routes.set(pattern, metrics);
    return metrics;
  }

  /** For requests that matched no route. */
  unmatched(): RouteMetrics {
    return this.route(UNMATCHED);
  }

  upstream(name: string): UpstreamMetrics {
    let metrics = this.#upstreams.get(name);
    if (metrics === undefined) {
      if (this.#upstreams.size >= MAX_SERIES_PER_METRIC && name !== OVERFLOW) return this.upstream(OVERFLOW);
      metrics = new UpstreamMetrics(this, name);
      this.#upstreams.set(name, metrics);
    }
    return metrics;
  }

  /** Fetch once and keep: a look-up builds a key. The same labels always give the same cell. */
  counter<Name extends CounterName>(metric: Name, labels: LabelsOf<Name>): Cell {
    return this.#single(metric, labels);
  }

  /** Like `counter`. The primary shows the sum over all workers. */
  gauge<Name extends GaugeName>(metric: Name, labels: LabelsOf<Name>): Cell {
    return this.#single(metric, labels);
  }

  /** An exchange ended with this error. */
  error(code: ErrorCode): void {
    let cell = this.#errors.get(code);
    if (cell === undefined) this.#errors.set(code, (cell = this.counter('octopus_errors_total', { code })));
    cell.add(1);
  }

  /** A request was refused while it was read. */
  rejected(code: ErrorCode): void {
    let cell = this.#rejections.get(code);
    if (cell === undefined)
      this.#rejections.set(code, (cell = this.counter('octopus_rejected_requests_total', { code })));
    cell.add(1);
  }

  /** Sends what is not announced yet, without waiting for the end of this turn of the event loop. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const series = this.#pending;
    this.#pending = [];
    this.#announce(series);
  }

  /** Cells for a series of which the caller knows that it is new; -1 when the region is full. */
  allocate(metric: MetricName, labels: Readonly<Record<string, string>>, count: number): number {
    return this.#announced(this.#allocator.allocate(count), metric, labels);
  }

  /** The same for a series labelled `__overflow__`. */
  allocateReserved(metric: MetricName, labels: Readonly<Record<string, string>>, count: number): number {
    return this.#announced(this.#allocator.allocateReserved(count), metric, labels);
  }

  countOverflow(): void {
    this.#overflowed.add(1);
  }

  #announced(cell: number, metric: MetricName, labels: Readonly<Record<string, string>>): number {
    if (cell < 0) return cell;
    if (this.#pending.length === 0) setImmediate(() => this.flush());
    this.#pending.push({ metric, labels, cell });
    return cell;
  }

  #single(metric: MetricName, labels: Readonly<Record<string, string>>): Cell {
    const key = seriesKey(metric, labels);
    const known = this.#singles.get(key);
    if (known !== undefined) return known;
    const used = this.#seriesOf.get(metric) ?? 0;
    const index = used < MAX_SERIES_PER_METRIC ? this.allocate(metric, labels, 1) : -1;
    if (index < 0) return this.#overflowCell(metric);
    this.#seriesOf.set(metric, used + 1);
    const cell = new Cell(this.#allocator.cells, index);
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
      cell = new Cell(this.#allocator.cells, index < 0 ? SCRAP_CELL : index);
      this.#singles.set(key, cell);
    }
    return cell;
  }
}

/** Requests and latencies of one route pattern. */
export class RouteMetrics {
  readonly #recorder: Recorder;
  readonly #cells: RegionCells;
  readonly #pattern: string;
  /** Where to count when the region is full; null in the overflow route itself. */
  readonly #overflow: RouteMetrics | null;
  readonly #counters = new Map<number, number>();
  /** First cell of the histogram by method; 0 where there is none yet. */
  readonly #histograms = new Int32Array(METHOD_LABELS.length);
  // Most requests of a route have the same method and status as the one before.
  #lastKey = -1;
  #lastCell = SCRAP_CELL;

  constructor(recorder: Recorder, cells: RegionCells, pattern: string, overflow: RouteMetrics | null) {
    this.#recorder = recorder;
    this.#cells = cells;
    this.#pattern = pattern;
    this.#overflow = overflow;
  }

  /** Once per request, when it is over. Statuses outside 100 to 599 share the label `other`, unusual methods `OTHER`. */
  record(method: string, status: number, durationMs: number): void {
    const methodAt = methodIndex(method);
    const key = methodAt * 1024 + (status >= 100 && status <= 599 ? status : 0);
    if (key !== this.#lastKey) {
      this.#lastCell = this.#counters.get(key) ?? this.#addCounter(key);
      this.#lastKey = key;
    }
    const cells = this.#cells;
    cells[this.#lastCell]! += 1;
    const histogram = this.#histograms[methodAt] || this.#addHistogram(methodAt);
    let bucket = 0;
    while (bucket < BOUNDS.length && durationMs > BOUNDS[bucket]!) bucket++;
    cells[histogram + bucket]! += 1;
    cells[histogram + BUCKETS]! += durationMs * 0.001;
  }

  #addCounter(key: number): number {
    const method = METHOD_LABELS[key >> 10] as string;
    const labels = { method, status: statusLabel(key & 1023), route: this.#pattern };
    let cell: number;
    if (this.#overflow === null) {
      cell = Math.max(SCRAP_CELL, this.#recorder.allocateReserved('octopus_requests_total', labels, 1));
    } else {
      cell = this.#recorder.allocate('octopus_requests_total', labels, 1);
      if (cell < 0) {
        this.#recorder.countOverflow();
        cell = this.#overflow.#counters.get(key) ?? this.#overflow.#addCounter(key);
      }
    }
    this.#counters.set(key, cell);
    return cell;
  }

  #addHistogram(methodAt: number): number {
    const labels = { method: METHOD_LABELS[methodAt] as string, route: this.#pattern };
    let first: number;
    if (this.#overflow === null) {
      // Never -1: the reserve has room for one histogram and every status of each method.
      first = this.#recorder.allocateReserved('octopus_request_duration_seconds', labels, HISTOGRAM_CELLS);
    } else {
      first = this.#recorder.allocate('octopus_request_duration_seconds', labels, HISTOGRAM_CELLS);
      if (first < 0) first = this.#overflow.#histograms[methodAt] || this.#overflow.#addHistogram(methodAt);
    }
    this.#histograms[methodAt] = first;
    return first;
  }
}

/** What happened at one upstream. */
export class UpstreamMetrics {
  readonly #recorder: Recorder;
  readonly #name: string;
  readonly #statuses = new Map<number, Cell>();
  readonly #failures = new Map<ErrorCode, Cell>();
  readonly #abandoned = new Map<string, Cell>();
  readonly #retries: Cell;
  readonly #open: Cell;
  readonly #opened: Cell;
  readonly #reused: Cell;

  constructor(recorder: Recorder, name: string) {
    this.#recorder = recorder;
    this.#name = name;
    // At zero from the start: a counter that first appears with 1 has no rate in Prometheus.
    this.#retries = recorder.counter('octopus_upstream_retries_total', { upstream: name });
    this.#open = recorder.gauge('octopus_upstream_connections', { upstream: name });
    this.#opened = recorder.counter('octopus_upstream_connections_opened_total', { upstream: name });
    this.#reused = recorder.counter('octopus_upstream_connections_reused_total', { upstream: name });
  }

  /** A response head came from an endpoint, at any try. */
  response(status: number): void {
    const known = status >= 100 && status <= 599 ? status : 0;
    let cell = this.#statuses.get(known);
    if (cell === undefined) {
      const labels = { upstream: this.#name, status: statusLabel(known) };
      this.#statuses.set(known, (cell = this.#recorder.counter('octopus_upstream_requests_total', labels)));
    }
    cell.add(1);
  }

  /** A try ended without a usable response. */
  failure(code: ErrorCode): void {
    let cell = this.#failures.get(code);
    if (cell === undefined) {
      const labels = { upstream: this.#name, code };
      this.#failures.set(code, (cell = this.#recorder.counter('octopus_upstream_failures_total', labels)));
    }
    cell.add(1);
  }

  /** A try after the first one begins. */
  retry(): void {
    this.#retries.add(1);
  }

  /** A failed try would be repeated, but something forbids it: `budget`, `body`, `deadline`, … */
  retryAbandoned(reason: string): void {
    let cell = this.#abandoned.get(reason);
    if (cell === undefined) {
      const labels = { upstream: this.#name, reason };
      this.#abandoned.set(
        reason,
        (cell = this.#recorder.counter('octopus_upstream_retries_abandoned_total', labels)),
      );
    }
    cell.add(1);
  }

  connectionOpened(): void {
    this.#opened.add(1);
    this.#open.add(1);
  }

  connectionClosed(): void {
    this.#open.add(-1);
  }

  connectionReused(): void {
    this.#reused.add(1);
  }
}

function seriesKey(metric: MetricName, labels: Readonly<Record<string, string>>): string {
  let key: string = metric;
  for (const name of METRICS[metric].labels) key += `\n${labels[name]}`;
  return key;
}
