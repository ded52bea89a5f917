import { toRetryPolicy } from './actions.js';
import { streamPolicies } from './streams.js';
import { buildHealthCheck, upstreamSettings } from './upstreams.js';
/** @param plugins ids of the plugins of `middleware` */
export function routeDefaults(routing, plugins) {
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
//# sourceMappingURL=defaults.js.map