/** Answers the questions of the admin API. */
import type { ServiceReport, ServicesReport } from '../admin/service-report.ts';
import type {
  AdminState,
  EndpointReport,
  HealthReport,
  PluginReport,
  Readiness,
  ReloadReport,
  UpstreamReport,
} from '../admin/state.ts';
import { redactConfig } from '../config/redact.ts';
import type { Endpoint, Upstream } from '../routing/model.ts';
import type { EndpointCells } from '../shared/endpoint-cells.ts';
import type { UpstreamCells } from '../shared/upstream-cells.ts';
import type { Exposition, ExpositionFormat } from '../telemetry/exposition-format.ts';
import type { MetricsStore } from '../telemetry/metrics-store.ts';
import type { GatewayDocuments } from './documents/gateway-documents.ts';
import type { ReloadResult } from './reloader.ts';
import type { ReportContext } from './sources/service-reports.ts';
import type { Sources } from './sources/sources.ts';
import type { GatewayStatus } from './status.ts';
import { packageVersion } from './version.ts';

/** The last active check of an endpoint. */
export interface LastCheck {
  readonly at: Date;
  /** `''` when it passed. */
  readonly error: string;
}

export interface AdminStateSources {
  readonly status: GatewayStatus;
  readonly workers: { readonly count: number; readonly ready: number };
  readonly endpointCells: EndpointCells;
  readonly upstreamCells: UpstreamCells;
  readonly metrics: MetricsStore;
  readonly sources: Pick<Sources, 'discovered' | 'problems'>;
  readonly documents: Pick<GatewayDocuments, 'get'>;
  lastCheck(slot: number): LastCheck | null;
  reload(): Promise<ReloadResult>;
}

export class ControlPlaneState implements AdminState {
  readonly #sources: AdminStateSources;
  readonly #version = packageVersion();

  constructor(sources: AdminStateSources) {
    this.#sources = sources;
  }

  health(): HealthReport {
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
      last_reload:
        lastReload === null
          ? null
          : { at: lastReload.at.toISOString(), ok: lastReload.ok, problems: lastReload.problems },
    };
  }

  readiness(): Readiness {
    const { status, workers } = this.#sources;
    if (status.phase === 'starting') return { ready: false, reason: 'starting: not all workers serve yet' };
    if (status.phase === 'draining')
      return { ready: false, reason: 'draining: the gateway is shutting down' };
    if (workers.ready === 0) return { ready: false, reason: 'no worker serves' };
    return { ready: true, reason: '' };
  }

  document(kind: 'openapi' | 'asyncapi', format: 'json' | 'yaml', host: string) {
    return this.#sources.documents.get(kind, format, host);
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

  upstreams(): UpstreamReport[] {
    return (this.#sources.status.inForce?.routeSet.upstreams ?? []).map((upstream) =>
      this.#upstream(upstream),
    );
  }

  plugins(): PluginReport[] {
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

  services(): ServicesReport {
    const report = this.#sources.sources.discovered?.report(this.#reportContext());
    return report ?? { services: [], backends: [], refused: [] };
  }

  service(name: string): ServiceReport | null {
    return this.#sources.sources.discovered?.serviceReport(this.#reportContext(), name) ?? null;
  }

  config(): unknown {
    const { inForce } = this.#sources.status;
    return inForce === null ? null : redactConfig(inForce.config);
  }

  async reload(): Promise<ReloadReport> {
    const { outcome, version, problems } = await this.#sources.reload();
    return outcome === 'refused' ? { ok: false, problems } : { ok: true, version };
  }

  metrics(format: ExpositionFormat): Promise<Exposition> {
    return this.#sources.metrics.render(format);
  }

  #reportContext(): ReportContext {
    const { sources, status, endpointCells } = this.#sources;
    const { problems } = sources;
    const { routes = [], upstreams = [] } = status.inForce?.routeSet ?? {};
    return {
      problems,
      routes,
      health(service, address) {
        for (const { name, endpoints } of upstreams) {
          if (name !== service && !name.startsWith(`${service}~`)) continue;
          const endpoint = endpoints.find((one) => one.address === address);
          if (endpoint !== undefined) return endpointCells.status(endpoint.slot, performance.now()).health;
        }
        return undefined;
      },
    };
  }

  #condition(): HealthReport['status'] {
    const { status, workers } = this.#sources;
    if (status.phase === 'starting') return 'starting';
    if (status.phase === 'draining') return 'draining';
    return workers.ready < workers.count || status.lastReload?.ok === false ? 'degraded' : 'ok';
  }

  #upstream(upstream: Upstream): UpstreamReport {
    const { breaker } = this.#sources.upstreamCells.status(upstream.slot, performance.now());
    return {
      name: upstream.name,
      load_balance: upstream.loadBalance,
      circuit_breaker: upstream.circuitBreaker === null ? 'off' : breaker,
      endpoints: upstream.endpoints.map((endpoint) => this.#endpoint(endpoint)),
    };
  }

  #endpoint({ address, weight, slot }: Endpoint): EndpointReport {
    const { health, inFlight, ejections, ejectedForMs } = this.#sources.endpointCells.status(
      slot,
      performance.now(),
    );
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
