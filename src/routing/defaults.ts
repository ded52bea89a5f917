import type { HealthCheck, ProxyAction, Upstream } from './model.ts';

/** What routes and upstreams that nobody wrote into a file take from `routing` and `middleware` of the configuration. */
export interface RouteDefaults {
  readonly upstream: Omit<Upstream, 'name' | 'slot' | 'endpoints'>;
  readonly proxy: Pick<ProxyAction, 'preserveHost' | 'timeout' | 'retries' | 'webSocket' | 'eventStream'>;
  /** How a health check is done where a service states a path for it. null: it is not. */
  readonly healthCheck: HealthCheck | null;
  /** Ids of the plugins that run on every route, in order. */
  readonly plugins: readonly string[];
}
