/**
 * Worker side, and for the primary's own numbers: counts in the metric region of the thread. After the first use of a
 * label combination recording is a few array increments and allocates nothing.
 */
import type { ErrorCode } from '../http/errors.ts';
import type { SeriesAnnouncement } from '../shared/messages.ts';
import { GrpcMetrics } from './grpc-metrics.ts';
import { type CounterName, type GaugeName, type LabelsOf, OVERFLOW, UNMATCHED } from './metric-table.ts';
import { RouteMetrics } from './route-metrics.ts';
import { type Cell, MAX_SERIES_PER_METRIC, SeriesCells } from './series-cells.ts';
import { UpstreamMetrics } from './upstream-metrics.ts';

export class Recorder {
  readonly #series: SeriesCells;
  readonly #routes = new Map<string, RouteMetrics>();
  readonly #upstreams = new Map<string, UpstreamMetrics>();
  readonly #errors = new Map<ErrorCode, Cell>();
  readonly #rejections = new Map<ErrorCode, Cell>();
  readonly #overflowRoute: RouteMetrics;
  readonly grpc: GrpcMetrics;

  /**
   * `region` must be zeroed and belong to this thread. `announce` gets the series that were used for the first time,
   * in batches; the primary cannot see a series before it is announced.
   */
  constructor(region: SharedArrayBuffer, announce: (series: SeriesAnnouncement[]) => void) {
    this.#series = new SeriesCells(region, announce);
    this.grpc = new GrpcMetrics(this.#series);
    this.#overflowRoute = new RouteMetrics(this.#series, OVERFLOW, null);
  }

  /** The counters of one route pattern: always the same object for the same pattern, so that a reload keeps counting. */
  route(pattern: string): RouteMetrics {
    const known = this.#routes.get(pattern);
    if (known !== undefined) return known;
    if (this.#routes.size >= MAX_SERIES_PER_METRIC) return this.#overflowRoute;
    const metrics = new RouteMetrics(this.#series, pattern, this.#overflowRoute);
    this.#routes.set(pattern, metrics);
    return metrics;
  }

  /** For requests that matched no route. */
  unmatched(): RouteMetrics {
    return this.route(UNMATCHED);
  }

  /** Always the same object for the same name. */
  upstream(name: string): UpstreamMetrics {
    let metrics = this.#upstreams.get(name);
    if (metrics === undefined) {
      if (this.#upstreams.size >= MAX_SERIES_PER_METRIC && name !== OVERFLOW) return this.upstream(OVERFLOW);
      metrics = new UpstreamMetrics(this.#series, name);
      this.#upstreams.set(name, metrics);
    }
    return metrics;
  }

  /** Fetch once and keep: a look-up builds a key. The same labels always give the same cell. */
  counter<Name extends CounterName>(metric: Name, labels: LabelsOf<Name>): Cell {
    return this.#series.counter(metric, labels);
  }

  /** Like `counter`. The primary shows the sum over all workers. */
  gauge<Name extends GaugeName>(metric: Name, labels: LabelsOf<Name>): Cell {
    return this.#series.gauge(metric, labels);
  }

  /** An exchange ended with this error. */
  error(code: ErrorCode): void {
    let cell = this.#errors.get(code);
    if (cell === undefined) {
      cell = this.counter('octopus_errors_total', { code });
      this.#errors.set(code, cell);
    }
    cell.add(1);
  }

  /** A request was refused while it was read. */
  rejected(code: ErrorCode): void {
    let cell = this.#rejections.get(code);
    if (cell === undefined) {
      cell = this.counter('octopus_rejected_requests_total', { code });
      this.#rejections.set(code, cell);
    }
    cell.add(1);
  }

  /** A series was shown as `__overflow__`. */
  countOverflow(): void {
    this.#series.countOverflow();
  }

  /** Announces at once what would be announced at the end of this turn of the event loop. */
  flush(): void {
    this.#series.flush();
  }
}
