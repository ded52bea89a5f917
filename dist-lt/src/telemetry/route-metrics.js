/** Worker side: requests and latencies by route. */
import { METHOD_LABELS, methodIndex, statusLabel } from './labels.js';
import { METRICS } from './metric-table.js';
import { SCRAP_CELL } from './region.js';
/** Bounds in milliseconds; the last bucket, `+Inf`, has none. */
const BOUNDS = Float64Array.from(METRICS.octopus_request_duration_seconds.buckets, (seconds) => seconds * 1000);
/** A histogram's cells: one count per bucket (not cumulative), `+Inf` last, then the sum in seconds. */
const BUCKETS = BOUNDS.length + 1;
const HISTOGRAM_CELLS = BUCKETS + 1;
/** Requests and latencies of one route pattern. */
export class RouteMetrics {
    #series;
    #cells;
    #pattern;
    /** Where to count when the region is full; null in the overflow route itself. */
    #overflow;
    #counters = new Map();
    /** First cell of the histogram by method; 0 where there is none yet. */
    #histograms = new Int32Array(METHOD_LABELS.length);
    // Most requests of a route have the same method and status as the one before.
    #lastKey = -1;
    #lastCell = SCRAP_CELL;
    constructor(series, pattern, overflow) {
        this.#series = series;
        this.#cells = series.cells;
        this.#pattern = pattern;
        this.#overflow = overflow;
    }
    /** Once per request, when it is over. Statuses outside 100 to 599 share the label `other`, unusual methods `OTHER`. */
    record(method, status, durationMs) {
        const methodAt = methodIndex(method);
        const key = methodAt * 1024 + (status >= 100 && status <= 599 ? status : 0);
        if (key !== this.#lastKey) {
            this.#lastCell = this.#counters.get(key) ?? this.#addCounter(key);
            this.#lastKey = key;
        }
        const cells = this.#cells;
        cells[this.#lastCell] += 1;
        const histogram = this.#histograms[methodAt] || this.#addHistogram(methodAt);
        let bucket = 0;
        while (bucket < BOUNDS.length && durationMs > BOUNDS[bucket])
            bucket++;
        cells[histogram + bucket] += 1;
        cells[histogram + BUCKETS] += durationMs * 0.001;
    }
    #addCounter(key) {
        const method = METHOD_LABELS[key >> 10];
        const labels = { method, status: statusLabel(key & 1023), route: this.#pattern };
        let cell;
        if (this.#overflow === null) {
            cell = Math.max(SCRAP_CELL, this.#series.allocateReserved('octopus_requests_total', labels, 1));
        }
        else {
            cell = this.#series.allocate('octopus_requests_total', labels, 1);
            if (cell < 0) {
                this.#series.countOverflow();
                cell = this.#overflow.#counters.get(key) ?? this.#overflow.#addCounter(key);
            }
        }
        this.#counters.set(key, cell);
        return cell;
    }
    #addHistogram(methodAt) {
        const labels = { method: METHOD_LABELS[methodAt], route: this.#pattern };
        let first;
        if (this.#overflow === null) {
            // Never -1: the reserve has room for one histogram and every status of each method.
            first = this.#series.allocateReserved('octopus_request_duration_seconds', labels, HISTOGRAM_CELLS);
        }
        else {
            first = this.#series.allocate('octopus_request_duration_seconds', labels, HISTOGRAM_CELLS);
            if (first < 0)
                first = this.#overflow.#histograms[methodAt] || this.#overflow.#addHistogram(methodAt);
        }
        this.#histograms[methodAt] = first;
        return first;
    }
}
//# sourceMappingURL=route-metrics.js.map