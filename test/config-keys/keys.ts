/**
 * Which test shows, through a running gateway, that a configuration key does what it says. A new key is added here under
 * the file of its test; `complete.test.ts` fails as long as one of the schema is missing.
 */
export const PROVED_BY: Readonly<Record<string, readonly string[]>> = {
  'test/config-keys/server.test.ts': [
    'server.host',
    'server.http_port',
    'server.admin_port',
    'server.workers',
    'server.engine',
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
  'test/config-keys/retries.test.ts': both(
    ['routes[]', 'routing'],
    ['retries.attempts', 'retries.on', 'retries.per_try_timeout', 'retries.budget', 'retries.body_limit'],
  ),
  'test/config-keys/upstreams.test.ts': [
    'upstreams[].name',
    'upstreams[].endpoints[].address',
    'upstreams[].endpoints[].weight',
    'upstreams[].sticky.cookie',
    'upstreams[].sticky.ttl',
    ...both(
      ['upstreams[]', 'routing'],
      [
        'load_balance',
        'hash_on',
        'connections.max',
        'connections.idle_timeout',
        'timeouts.connect',
        'timeouts.first_byte',
        'timeouts.idle',
        'timeouts.total',
      ],
    ),
  ],
  'test/config-keys/health.test.ts': both(
    ['upstreams[]', 'routing'],
    [
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
    ],
  ),
  'test/streams/websocket.test.ts': both(
    ['routes[]', 'routing'],
    ['websocket.idle_timeout', 'websocket.max_duration', 'websocket.origins'],
  ),
  'test/streams/sse.test.ts': both(['routes[]', 'routing'], ['sse.heartbeat', 'sse.idle_timeout']),
  'test/faults/data-plane-pipelining.test.ts': ['upstreams[].pipelining'],
};

/** The same for the settings of built-in plugins, `name.key`. */
export const PLUGIN_KEYS: Readonly<Record<string, readonly string[]>> = {
  'test/config-keys/plugins.test.ts': [
    'request-id.header',
    'request-id.generator',
    'request-id.trust_incoming',
    'request-id.echo',
    'cors.origins',
    'cors.methods',
    'cors.headers',
    'cors.expose',
    'cors.credentials',
    'cors.max_age',
    'headers.request.remove',
    'headers.request.set',
    'headers.request.add',
    'headers.response.remove',
    'headers.response.set',
    'headers.response.add',
    'compression.algorithms',
    'compression.min_size',
    'compression.types',
    'compression.gzip_level',
    'compression.br_level',
    'compression.zstd_level',
    'rate-limit.algorithm',
    'rate-limit.limit',
    'rate-limit.window',
    'rate-limit.burst',
    'rate-limit.key',
    'rate-limit.ipv6_prefix',
    'rate-limit.name',
    'rate-limit.headers',
    'basic-auth.users[].username',
    'basic-auth.users[].password_hash',
    'basic-auth.users[].password',
    'basic-auth.realm',
    'basic-auth.remove_authorization',
    'basic-auth.cache_ttl',
    'ip-filter.allow',
    'ip-filter.deny',
  ],
};

/**
 * Features of which `run` says at its start that they are not active yet, and a configuration that makes it say so. Their
 * keys need no test before they are.
 */
export const NOT_ACTIVE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'observability.tracing': { observability: { tracing: { enabled: true } } },
};

/** Keys whose feature and test are on their way into the same release. */
export const BEING_BUILT: readonly string[] = [
  'tls',
  'server.https_port',
  'upstreams[].tls',
  'upstreams[].protocol',
  'upstreams[].service',
  'discovery',
  'farp',
];

function both(prefixes: readonly string[], keys: readonly string[]): string[] {
  return prefixes.flatMap((prefix) => keys.map((key) => `${prefix}.${key}`));
}
