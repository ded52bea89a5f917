import { OVERFLOW, UNMATCHED } from './metric-table.js';
import { RouteMetrics } from './route-metrics.js';
import { MAX_SERIES_PER_METRIC, SeriesCells } from './series-cells.js';
import { UpstreamMetrics } from './upstream-metrics.js';
export class Recorder {
    #series;
    #routes = new Map();
    #upstreams = new Map();
    #errors = new Map();
    #rejections = new Map();
    #overflowRoute;
    /**
     * `region` must be zeroed and belong to this thread. `announce` gets the series that were used for the first time,
     * in batches; the primary cannot see a series before it is announced.
     */
    constructor(region, announce) {
        this.#series = new SeriesCells(region, announce);
        this.#overflowRoute = new RouteMetrics(this.#series, OVERFLOW, null);
    }
    /** The counters of one route pattern: always the same object for the same pattern, so that a reload keeps counting. */
    route(pattern) {
        const known = this.#routes.get(pattern);
        if (known !== undefined)
            return known;
        if (this.#routes.size >= MAX_SERIES_PER_METRIC)
            return this.#overflowRoute;
        const metrics = new RouteMetrics(this.#series, pattern, this.#overflowRoute);
        this.#routes.set(pattern, metrics);
        return metrics;
    }
    /** For requests that matched no route. */
    unmatched() {
        return this.route(UNMATCHED);
    }
    /** Always the same object for the same name. */
    upstream(name) {
        let metrics = this.#upstreams.get(name);
        if (metrics === undefined) {
            if (this.#upstreams.size >= MAX_SERIES_PER_METRIC && name !== OVERFLOW)
                return this.upstream(OVERFLOW);
            metrics = new UpstreamMetrics(this.#series, name);
            this.#upstreams.set(name, metrics);
        }
        return metrics;
    }
    /** Fetch once and keep: a look-up builds a key. The same labels always give the same cell. */
    counter(metric, labels) {
        return this.#series.counter(metric, labels);
    }
    /** Like `counter`. The primary shows the sum over all workers. */
    gauge(metric, labels) {
        return this.#series.gauge(metric, labels);
    }
    /** An exchange ended with this error. */
    error(code) {
        let cell = this.#errors.get(code);
        if (cell === undefined) {
            cell = this.counter('octopus_errors_total', { code });
            this.#errors.set(code, cell);
        }
        cell.add(1);
    }
    /** A request was refused while it was read. */
    rejected(code) {
        let cell = this.#rejections.get(code);
        if (cell === undefined) {
            cell = this.counter('octopus_rejected_requests_total', { code });
            this.#rejections.set(code, cell);
        }
        cell.add(1);
    }
    /** A series was shown as `__overflow__`. */
    countOverflow() {
        this.#series.countOverflow();
    }
    /** Announces at once what would be announced at the end of this turn of the event loop. */
    flush() {
        this.#series.flush();
    }
}
//# sourceMappingURL=recorder.js.map