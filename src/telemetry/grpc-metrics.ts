/** Worker side: calls of gRPC by service and method. */
import { STATUS_NAMES } from '../http/grpc-status.ts';
import { METRICS, OVERFLOW, UNKNOWN_METHOD } from './metric-table.ts';
import { type RegionCells, SCRAP_CELL } from './region.ts';
import type { Cell, SeriesCells } from './series-cells.ts';

/** Methods that only answers of services have made known; beyond them new ones stay unknown. */
const MAX_LEARNED = 1_000;
/** All methods; each has a histogram, so that the region has room for no more than some ten thousands. */
const MAX_METHODS = 5_000;

/** Bounds in milliseconds; the last bucket, `+Inf`, has none. */
const BOUNDS = Float64Array.from(
  METRICS.octopus_grpc_request_duration_seconds.buckets,
  (seconds) => seconds * 1000,
);
const BUCKETS = BOUNDS.length + 1;
const HISTOGRAM_CELLS = BUCKETS + 1;

/** The end of a path: service with its package, and method. */
const NAMES = /\/([A-Za-z_][\w.]{0,199})\/([A-Za-z_]\w{0,199})$/;

/**
 * The methods that are known to be no invention of a client. A path names service and method with its last two segments,
 * whatever prefix the gateway has put before them.
 */
export class GrpcMetrics {
  readonly #series: SeriesCells;
  /** By path. */
  readonly #methods = new Map<string, GrpcMethodMetrics>();
  readonly #unknown = new Map<string, GrpcMethodMetrics>();
  #learned = 0;
  #overflow: GrpcMethodMetrics | null = null;

  constructor(series: SeriesCells) {
    this.#series = series;
  }

  /**
   * @param pattern of the route that took the call, `''` if none did
   * @returns null for a method that neither the route nor an answer has made known
   */
  known(path: string, pattern: string): GrpcMethodMetrics | null {
    const known = this.#methods.get(path);
    if (known !== undefined) return known;
    return path === pattern ? this.#add(path) : null;
  }

  /** A service has answered a call of this method. @returns null when that is not enough any more */
  learn(path: string): GrpcMethodMetrics | null {
    const known = this.#methods.get(path);
    if (known !== undefined) return known;
    if (this.#learned >= MAX_LEARNED || !NAMES.test(path)) return null;
    this.#learned++;
    return this.#add(path);
  }

  /** Where calls of unknown methods count: by the service that the route names, or all together. */
  unknown(path: string, pattern: string): GrpcMethodMetrics {
    const [, name = ''] = NAMES.exec(path) ?? [];
    const service = name !== '' && pattern.includes(`/${name}/`) ? name : UNKNOWN_METHOD;
    let metrics = this.#unknown.get(service);
    if (metrics === undefined) {
      metrics = new GrpcMethodMetrics(this.#series, service, UNKNOWN_METHOD);
      this.#unknown.set(service, metrics);
    }
    return metrics;
  }

  #add(path: string): GrpcMethodMetrics | null {
    const [, service = '', method = ''] = NAMES.exec(path) ?? [];
    if (service === '') return null;
    if (this.#methods.size >= MAX_METHODS) {
      this.#series.countOverflow();
      this.#overflow ??= new GrpcMethodMetrics(this.#series, OVERFLOW, OVERFLOW);
      return this.#overflow;
    }
    const metrics = new GrpcMethodMetrics(this.#series, service, method);
    this.#methods.set(path, metrics);
    return metrics;
  }
}

export class GrpcMethodMetrics {
  readonly received: Cell;
  readonly sent: Cell;
  readonly #series: SeriesCells;
  readonly #cells: RegionCells;
  readonly #service: string;
  readonly #method: string;
  readonly #upstreams = new Map<string, (Cell | undefined)[]>();
  /** First cell of the histogram; SCRAP_CELL when the region is full. */
  readonly #histogram: number;

  constructor(series: SeriesCells, service: string, method: string) {
    this.#series = series;
    this.#cells = series.cells;
    this.#service = service;
    this.#method = method;
    const labels = { service, method };
    // At zero from the start: a counter that first appears with 1 has no rate in Prometheus.
    this.received = series.counter('octopus_grpc_messages_total', { ...labels, direction: 'received' });
    this.sent = series.counter('octopus_grpc_messages_total', { ...labels, direction: 'sent' });
    this.#histogram = Math.max(
      SCRAP_CELL,
      series.allocate('octopus_grpc_request_duration_seconds', labels, HISTOGRAM_CELLS),
    );
  }

  /** Once per call, when it is over. @param upstream `''` when it went to none */
  record(status: number, upstream: string, durationMs: number): void {
    let byStatus = this.#upstreams.get(upstream);
    if (byStatus === undefined) {
      byStatus = STATUS_NAMES.map(() => undefined);
      this.#upstreams.set(upstream, byStatus);
    }
    let cell = byStatus[status];
    if (cell === undefined) {
      cell = this.#series.counter('octopus_grpc_requests_total', {
        service: this.#service,
        method: this.#method,
        grpc_status: STATUS_NAMES[status] as string,
        upstream,
      });
      byStatus[status] = cell;
    }
    cell.add(1);
    if (this.#histogram === SCRAP_CELL) return;
    let bucket = 0;
    while (bucket < BOUNDS.length && durationMs > BOUNDS[bucket]!) bucket++;
    this.#cells[this.#histogram + bucket]! += 1;
    this.#cells[this.#histogram + BUCKETS]! += durationMs * 0.001;
  }
}
