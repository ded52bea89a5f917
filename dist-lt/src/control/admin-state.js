import { redactConfig } from '../config/redact.js';
import { packageVersion } from './version.js';
export class ControlPlaneState {
    #sources;
    #version = packageVersion();
    constructor(sources) {
        this.#sources = sources;
    }
    health() {
        const { status, workers } = this.#sources;
        const { inForce, lastReload, startedAt } = status;
        return {
            status: this.#condition(),
            version: this.#version,
            started_at: startedAt.toISOString(),
            uptime_seconds: Math.floor((Date.now() - startedAt.getTime()) / 1000),
            workers: { wanted: workers.count, serving: workers.ready, restarts: status.workerRestarts },
            config: {
                version: inForce?.version ?? 0,
                applied_at: inForce?.appliedAt.toISOString() ?? null,
                routes: inForce?.routeSet.routes.length ?? 0,
                upstreams: inForce?.routeSet.upstreams.length ?? 0,
            },
            last_reload: lastReload === null
                ? null
                : { at: lastReload.at.toISOString(), ok: lastReload.ok, problems: lastReload.problems },
        };
    }
    readiness() {
        const { status, workers } = this.#sources;
        if (status.phase === 'starting')
            return { ready: false, reason: 'starting: not all workers serve yet' };
        if (status.phase === 'draining')
            return { ready: false, reason: 'draining: the gateway is shutting down' };
        if (workers.ready === 0)
            return { ready: false, reason: 'no worker serves' };
        return { ready: true, reason: '' };
    }
    routes() {
        return this.#sources.status.inForce?.routeSet.routes ?? [];
    }
    conflicts() {
        return this.#sources.status.inForce?.conflicts ?? [];
    }
    refused() {
        return this.#sources.status.inForce?.refused ?? [];
    }
    upstreams() {
        return (this.#sources.status.inForce?.routeSet.upstreams ?? []).map((upstream) => this.#upstream(upstream));
    }
    plugins() {
        const { inForce, plugins } = this.#sources.status;
        const versions = new Map(plugins.map(({ plugin, version }) => [plugin, version]));
        return (inForce?.routeSet.plugins ?? []).map(({ id, name, module, unavailable }) => ({
            id,
            name,
            version: unavailable === '' ? (versions.get(name) ?? '') : '',
            module,
            unavailable,
        }));
    }
    config() {
        const { inForce } = this.#sources.status;
        return inForce === null ? null : redactConfig(inForce.config);
    }
    async reload() {
        const { outcome, version, problems } = await this.#sources.reload();
        return outcome === 'refused' ? { ok: false, problems } : { ok: true, version };
    }
    metrics(format) {
        return this.#sources.metrics.render(format);
    }
    #condition() {
        const { status, workers } = this.#sources;
        if (status.phase === 'starting')
            return 'starting';
        if (status.phase === 'draining')
            return 'draining';
        return workers.ready < workers.count || status.lastReload?.ok === false ? 'degraded' : 'ok';
    }
    #upstream(upstream) {
        const { breaker } = this.#sources.upstreamCells.status(upstream.slot, performance.now());
        return {
            name: upstream.name,
            load_balance: upstream.loadBalance,
            circuit_breaker: upstream.circuitBreaker === null ? 'off' : breaker,
            endpoints: upstream.endpoints.map((endpoint) => this.#endpoint(endpoint)),
        };
    }
    #endpoint({ address, weight, slot }) {
        const { health, inFlight, ejections, ejectedForMs } = this.#sources.endpointCells.status(slot, performance.now());
        const check = this.#sources.lastCheck(slot);
        return {
            address,
            weight,
            health,
            in_flight: inFlight,
            ejected: ejectedForMs > 0,
            ejected_until: ejectedForMs > 0 ? new Date(Date.now() + ejectedForMs).toISOString() : null,
            ejections,
            last_check: check?.at.toISOString() ?? null,
            last_check_error: check?.error ?? '',
        };
    }
}
//# sourceMappingURL=admin-state.js.map