/** `routing` and `middleware` as what discovered routes and upstreams begin with. */
import type { RouteDefaults } from '../../routing/defaults.ts';
import type { RoutingConfig } from '../schema/schema.ts';
import { toRetryPolicy } from './actions.ts';
import { streamPolicies } from './streams.ts';
import { buildHealthCheck, upstreamSettings } from './upstreams.ts';

/** @param plugins ids of the plugins of `middleware` */
export function routeDefaults(routing: RoutingConfig, plugins: readonly string[]): RouteDefaults {
  const upstream = upstreamSettings({}, routing);
  const firstByte = upstream.timeouts.firstByte || routing.timeout;
  return {
    upstream: { ...upstream, healthCheck: null, timeouts: { ...upstream.timeouts, firstByte } },
    proxy: {
      preserveHost: routing.preserve_host,
      timeout: routing.timeout,
      retries: toRetryPolicy({}, routing.retries),
      ...streamPolicies({}, routing),
    },
    healthCheck: buildHealthCheck({ health_check: {} }, routing),
    plugins,
  };
}
