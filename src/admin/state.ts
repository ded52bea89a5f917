/**
 * What the admin API shows, as the control plane hands it over. The reports are the JSON of the API itself, so their
 * names are in the spelling of the configuration; times are ISO 8601, durations milliseconds. Nothing in here may hold a
 * secret.
 */
import type { RouteConflict } from '../routing/entries.ts';
import type { Route } from '../routing/model.ts';
import type { Exposition, ExpositionFormat } from '../telemetry/exposition-format.ts';
import type { ServiceReport, ServicesReport } from './service-report.ts';

export interface AdminState {
  health(): HealthReport;
  readiness(): Readiness;
  /** The routes in force, in the order in which they are tried for equal paths. */
  routes(): readonly Route[];
  /** Routes that lost to another one with the same match, wholly or for some methods. */
  conflicts(): readonly RouteConflict[];
  /** Routes that cannot be matched at all and were left out. */
  refused(): readonly RefusedRoute[];
  upstreams(): readonly UpstreamReport[];
  plugins(): readonly PluginReport[];
  /** Empty lists where nothing is discovered. */
  services(): ServicesReport;
  /** null: there is no such service. */
  service(name: string): ServiceReport | null;
  /** The configuration in force with all defaults, secrets hidden. */
  config(): unknown;
  /** Reads the configuration again and applies it. Resolves in every case. */
  reload(): Promise<ReloadReport>;
  metrics(format: ExpositionFormat): Promise<Exposition>;
  /**
   * The merged API documents of all services.
   *
   * @param host the `Host` of the request: where the gateway is unless the configuration says so
   */
  document(kind: 'openapi' | 'asyncapi', format: 'json' | 'yaml', host: string): Promise<DocumentText>;
}

export interface DocumentText {
  readonly body: string;
  /** Strong, with quotes. */
  readonly etag: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not; '' when ready. */
  readonly reason: string;
}

export interface HealthReport {
  /** `degraded`: it serves, but the last reload was refused or a worker is missing. */
  readonly status: 'starting' | 'ok' | 'degraded' | 'draining';
  readonly version: string;
  readonly started_at: string;
  readonly uptime_seconds: number;
  readonly workers: { readonly wanted: number; readonly serving: number; readonly restarts: number };
  readonly config: {
    /** Grows with every generation that was applied; 0 before the first. */
    readonly version: number;
    readonly applied_at: string | null;
    readonly routes: number;
    readonly upstreams: number;
  };
  /** Null before the first reload. */
  readonly last_reload: LastReload | null;
}

export interface LastReload {
  readonly at: string;
  readonly ok: boolean;
  /** `file:line:col: message` of each problem; empty when ok. */
  readonly problems: readonly string[];
}

export type ReloadReport =
  | { readonly ok: true; readonly version: number }
  | { readonly ok: false; readonly problems: readonly string[] };

export interface RefusedRoute {
  readonly route: Route;
  readonly reason: string;
}

export interface UpstreamReport {
  readonly name: string;
  readonly load_balance: string;
  readonly circuit_breaker: 'closed' | 'half-open' | 'open' | 'off';
  readonly endpoints: readonly EndpointReport[];
}

export interface EndpointReport {
  readonly address: string;
  readonly weight: number;
  /** `unknown`: never checked, which counts as healthy. */
  readonly health: 'healthy' | 'unhealthy' | 'unknown';
  readonly in_flight: number;
  readonly ejected: boolean;
  /** Null unless ejected. */
  readonly ejected_until: string | null;
  readonly ejections: number;
  readonly last_check: string | null;
  /** Why the last active check failed; '' when it did not, or there is none. */
  readonly last_check_error: string;
}

export interface PluginReport {
  readonly id: string;
  readonly name: string;
  /** '' when it could not be loaded. */
  readonly version: string;
  /** Path or package of a user's module; '' for a built-in. */
  readonly module: string;
  /** Why it cannot run, so that its routes answer 503; '' when it runs. */
  readonly unavailable: string;
}
