/**
 * Which test shows, through a running gateway, that a configuration key does what it says. A new key is added here under
 * the file of its test; `complete.test.ts` fails as long as one of the schema is missing.
 */
export const PROVED_BY = {
    'test/config-keys/server.test.ts': [
        'server.host',
        'server.http_port',
        'server.admin_port',
        'server.workers',
        'server.trusted_proxies',
        'server.via',
        'server.path_policy.double_slash',
        'server.path_policy.encoded_slash',
        'server.path_policy.backslash',
        'server.path_policy.parameters',
        'server.dns.servers',
        'server.dns.min_ttl',
        'server.dns.max_ttl',
    ],
    'test/conformance/limits.test.ts': [
        'server.limits.request_line',
        'server.limits.header_bytes',
        'server.limits.header_count',
        'server.limits.body',
        'server.limits.header_timeout',
        'server.limits.body_idle_timeout',
        'server.limits.keep_alive_timeout',
    ],
    'test/faults/data-plane-hostile.test.ts': ['server.limits.connections'],
    'test/control/shutdown.test.ts': ['server.shutdown_timeout', 'server.shutdown_delay'],
    'test/control/start.test.ts': ['server.engine'],
    'test/config-keys/admin.test.ts': [
        'admin.enabled',
        'admin.address',
        'admin.auth.type',
        'admin.auth.username',
        'admin.auth.password_hash',
        'admin.metrics_public',
        'observability.metrics.enabled',
        'observability.metrics.path',
    ],
    'test/config-keys/logging.test.ts': [
        'observability.logging.level',
        'observability.logging.format',
        'observability.logging.access_log.enabled',
        'observability.logging.access_log.sample',
    ],
    'test/config-keys/routes.test.ts': [
        'routing.timeout',
        'routing.preserve_host',
        'middleware[].name',
        'middleware[].config',
        'plugins[].name',
        'plugins[].path',
        'plugins[].config',
        'routes[].path',
        'routes[].methods',
        'routes[].host',
        'routes[].headers[].regex',
        'routes[].query[].regex',
        'routes[].priority',
        'routes[].upstream',
        'routes[].split[].upstream',
        'routes[].split[].weight',
        'routes[].respond.status',
        'routes[].respond.headers',
        'routes[].respond.body',
        'routes[].strip_prefix',
        'routes[].rewrite.pattern',
        'routes[].rewrite.replacement',
        'routes[].add_prefix',
        'routes[].preserve_host',
        'routes[].timeout',
        'routes[].middleware[].name',
        'routes[].middleware[].config',
    ],
    'test/plugins/own.test.ts': ['plugins[].isolate.timeout'],
    'test/config-keys/redirect.test.ts': ['routes[].redirect.status', 'routes[].redirect.location'],
    'test/config-keys/retries.test.ts': both(['routes[]', 'routing'], ['retries.attempts', 'retries.on', 'retries.per_try_timeout', 'retries.budget', 'retries.body_limit']),
    'test/config-keys/upstreams.test.ts': [
        'upstreams[].name',
        'upstreams[].endpoints[].address',
        'upstreams[].endpoints[].weight',
        'upstreams[].sticky.cookie',
        'upstreams[].sticky.ttl',
        ...both(['upstreams[]', 'routing'], [
            'load_balance',
            'hash_on',
            'connections.max',
            'connections.idle_timeout',
            'timeouts.connect',
            'timeouts.first_byte',
            'timeouts.idle',
            'timeouts.total',
        ]),
    ],
    'test/config-keys/health.test.ts': both(['upstreams[]', 'routing'], [
        'health_check.path',
        'health_check.interval',
        'health_check.timeout',
        'health_check.healthy_after',
        'health_check.unhealthy_after',
        'health_check.expect',
        'outlier.consecutive_failures',
        'outlier.eject_for',
        'outlier.max_ejected',
        'circuit_breaker.failure_threshold',
        'circuit_breaker.timeout',
        'circuit_breaker.half_open_requests',
    ]),
    'test/faults/data-plane-pipelining.test.ts': ['upstreams[].pipelining'],
};
/**
 * Features of which `run` says at its start that they are not active yet, and a configuration that makes it say so. Their
 * keys need no test before they are.
 */
export const NOT_ACTIVE = {
    tls: { tls: { enabled: true } },
    'server.https_port': { server: { https_port: 8443 } },
    discovery: { discovery: { backend: 'dns' } },
    farp: { farp: { enabled: true } },
    'observability.tracing': { observability: { tracing: { enabled: true } } },
};
/** Keys whose feature and test are on their way into the same release. */
export const BEING_BUILT = [
    'routing.websocket',
    'routes[].websocket',
    'routing.sse',
    'routes[].sse',
];
function both(prefixes, keys) {
    return prefixes.flatMap((prefix) => keys.map((key) => `${prefix}.${key}`));
}
//# sourceMappingURL=keys.js.map