import { statusLabel } from './labels.js';
/** What happened at one upstream. */
export class UpstreamMetrics {
    #series;
    #name;
    #statuses = new Map();
    #failures = new Map();
    #abandoned = new Map();
    #retries;
    #open;
    #opened;
    #reused;
    #fallbacks;
    constructor(series, name) {
        this.#series = series;
        this.#name = name;
        // At zero from the start: a counter that first appears with 1 has no rate in Prometheus.
        this.#retries = series.counter('octopus_upstream_retries_total', { upstream: name });
        this.#open = series.gauge('octopus_upstream_connections', { upstream: name });
        this.#opened = series.counter('octopus_upstream_connections_opened_total', { upstream: name });
        this.#reused = series.counter('octopus_upstream_connections_reused_total', { upstream: name });
        this.#fallbacks = series.counter('octopus_upstream_pipelining_fallbacks_total', { upstream: name });
    }
    /** A response head came from an endpoint, at any try. */
    response(status) {
        const known = status >= 100 && status <= 599 ? status : 0;
        let cell = this.#statuses.get(known);
        if (cell === undefined) {
            const labels = { upstream: this.#name, status: statusLabel(known) };
            this.#statuses.set(known, (cell = this.#series.counter('octopus_upstream_requests_total', labels)));
        }
        cell.add(1);
    }
    /** A try ended without a usable response. */
    failure(code) {
        let cell = this.#failures.get(code);
        if (cell === undefined) {
            const labels = { upstream: this.#name, code };
            this.#failures.set(code, (cell = this.#series.counter('octopus_upstream_failures_total', labels)));
        }
        cell.add(1);
    }
    /** A try after the first one begins. */
    retry() {
        this.#retries.add(1);
    }
    /** A failed try would be repeated, but something forbids it: `budget`, `body`, `deadline`, … */
    retryAbandoned(reason) {
        let cell = this.#abandoned.get(reason);
        if (cell === undefined) {
            const labels = { upstream: this.#name, reason };
            this.#abandoned.set(reason, (cell = this.#series.counter('octopus_upstream_retries_abandoned_total', labels)));
        }
        cell.add(1);
    }
    connectionOpened() {
        this.#opened.add(1);
        this.#open.add(1);
    }
    connectionClosed() {
        this.#open.add(-1);
    }
    /** Pipelining to one of the endpoints stops for a while. */
    pipeliningFellBack() {
        this.#fallbacks.add(1);
    }
    connectionReused() {
        this.#reused.add(1);
    }
}
//# sourceMappingURL=upstream-metrics.js.map