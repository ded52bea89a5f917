/** The metrics that the primary reads from what it knows, at each scrape. */
import { HEALTH_UNHEALTHY } from '../shared/endpoint-cells.js';
import { packageVersion } from './version.js';
const BREAKER_STATES = { closed: 0, 'half-open': 1, open: 2 };
export function collectPrimaryMetrics(metrics, sources) {
    const { status, workers, endpointCells, upstreamCells } = sources;
    const upstreams = () => status.inForce?.routeSet.upstreams ?? [];
    const build = { version: packageVersion(), node: process.versions.node };
    metrics.collect('octopus_build_info', () => [{ labels: build, value: 1 }]);
    metrics.collect('octopus_workers', () => single(workers.ready));
    metrics.collect('octopus_routes', () => single(status.inForce?.routeSet.routes.length ?? 0));
    metrics.collect('octopus_route_conflicts', () => single(status.inForce?.conflicts.length ?? 0));
    metrics.collect('octopus_config_last_reload_success_timestamp_seconds', () => status.inForce === null ? [] : single(status.inForce.appliedAt.getTime() / 1000));
    metrics.collect('octopus_plugin_loaded', () => status.plugins.map(({ plugin, version }) => ({ labels: { plugin, version }, value: 1 })));
    metrics.collect('octopus_circuit_breaker_state', function* () {
        const now = performance.now();
        for (const { name, slot, circuitBreaker } of upstreams()) {
            if (circuitBreaker === null)
                continue;
            const { breaker } = upstreamCells.status(slot, now);
            yield { labels: { upstream: name }, value: BREAKER_STATES[breaker] };
        }
    });
    /** One sample for each endpoint of each upstream. */
    const perEndpoint = (read) => function* () {
        for (const { name, endpoints } of upstreams()) {
            for (const { address, slot } of endpoints) {
                yield { labels: { upstream: name, endpoint: address }, value: read(slot) };
            }
        }
    };
    metrics.collect('octopus_endpoint_healthy', perEndpoint((slot) => {
        const ejected = endpointCells.ejectedUntil(slot) > performance.now();
        return ejected || endpointCells.health(slot) === HEALTH_UNHEALTHY ? 0 : 1;
    }));
    metrics.collect('octopus_endpoint_in_flight', perEndpoint((slot) => endpointCells.inFlight(slot)));
    metrics.collect('octopus_endpoint_ejections_total', perEndpoint((slot) => endpointCells.status(slot, performance.now()).ejections));
}
function single(value) {
    return [{ labels: {}, value }];
}
//# sourceMappingURL=primary-metrics.js.map