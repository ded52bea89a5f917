/** `upstreams` of the configuration to upstreams of the routing model. */
import type {
  CircuitBreaker,
  Endpoint,
  HashKey,
  HealthCheck,
  Outlier,
  Route,
  Upstream,
} from '../../routing/model.ts';
import { shown } from '../check.ts';
import { formatPlace } from '../problems.ts';
import { inherit } from '../schema/inherit.ts';
import type { RoutingConfig, UpstreamConfig } from '../schema/schema.ts';
import {
  circuitBreakerSchema,
  connectionsSchema,
  grpcCheckSchema,
  healthCheckSchema,
  outlierSchema,
  timeoutsSchema,
} from '../schema/upstream.ts';
import { nodeAt, type ScalarNode, type TreePath } from '../tree.ts';
import type { BuildContext } from './context.ts';

export type UpstreamNames = ReadonlyMap<string, ScalarNode>;

/** Every name that an upstream has, also of those that are wrong in other ways; reports names that occur twice. */
export function upstreamNames(context: BuildContext): UpstreamNames {
  const names = new Map<string, ScalarNode>();
  const list = nodeAt(context.root, ['upstreams']);
  if (list?.kind !== 'list') return names;
  for (const item of list.items) {
    const name = item.kind === 'map' ? item.get('name') : undefined;
    if (name?.kind !== 'scalar' || typeof name.value !== 'string') continue;
    const earlier = names.get(name.value);
    if (earlier === undefined) names.set(name.value, name);
    else {
      context.problems.error(
        name,
        `the upstream ${shown(name)} is already defined at ${formatPlace(earlier)}; rename or remove one of them`,
      );
    }
  }
  return names;
}

export function buildUpstream(config: UpstreamConfig, path: TreePath, context: BuildContext): Upstream {
  const { routing } = context;
  const settings = upstreamSettings(config, routing);
  if (config.hash_on !== undefined && settings.loadBalance !== 'consistent-hash') {
    context.warning(
      [...path, 'hash_on'],
      `hash_on has no effect with load_balance ${settings.loadBalance}; it needs load_balance: consistent-hash`,
    );
  }
  checkEndpointSource(config, path, context);
  checkUpstreamTls(config, path, context);
  if (
    settings.healthCheck !== null &&
    settings.healthCheck.grpcService !== null &&
    settings.protocol === 'h1'
  ) {
    context.warning(
      path,
      'its health is asked for by gRPC, over HTTP/2, but requests go there by HTTP/1.1; gRPC needs protocol: h2',
    );
  }
  return { name: config.name, slot: -1, endpoints: buildEndpoints(config, path, context), ...settings };
}

function checkEndpointSource(
  { endpoints, service }: UpstreamConfig,
  path: TreePath,
  context: BuildContext,
): void {
  if (endpoints === undefined && service === undefined)
    context.error(path, '"endpoints" is missing; give endpoints, or the service that discovery finds');
  if (endpoints !== undefined && service !== undefined)
    context.keyError([...path, 'service'], 'service and endpoints exclude each other; take one of them out');
}

function checkUpstreamTls(config: UpstreamConfig, path: TreePath, context: BuildContext): void {
  const { tls, endpoints = [], service, protocol, pipelining } = config;
  if (protocol !== 'h1' && pipelining > 1) {
    context.keyError(
      [...path, 'pipelining'],
      'pipelining is for protocol h1; h2 shares connections by itself',
    );
  }
  if (tls === undefined) return;
  if (service === undefined && !endpoints.some((endpoint) => endpoint.tls)) {
    context.keyError([...path, 'tls'], 'tls has no effect: none of the endpoints begins with https://');
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    const missing = tls.cert === undefined ? 'cert' : 'key';
    context.keyError([...path, 'tls'], `tls: "${missing}" is missing; cert and key belong together`);
  }
  if (!tls.verify && tls.ca !== undefined) {
    context.keyError([...path, 'tls', 'ca'], 'tls.ca has no effect with verify: false');
  }
}

/** All of an upstream but its name and endpoints. */
export function upstreamSettings(
  config: Partial<UpstreamConfig>,
  routing: RoutingConfig,
): Omit<Upstream, 'name' | 'slot' | 'endpoints'> {
  const loadBalance = config.load_balance ?? routing.load_balance;
  const connections = inherit(connectionsSchema, routing.connections, config.connections);
  const timeouts = inherit(timeoutsSchema, routing.timeouts, config.timeouts);
  return {
    loadBalance,
    hashOn: loadBalance === 'consistent-hash' ? parseHashKey(config.hash_on ?? routing.hash_on) : null,
    sticky: config.sticky ?? null,
    healthCheck: buildHealthCheck(config, routing),
    outlier: buildOutlier(config, routing),
    circuitBreaker: buildCircuitBreaker(config, routing),
    connections: { max: connections.max, idleTimeout: connections.idle_timeout },
    pipelining: config.pipelining ?? 1,
    protocol: config.protocol ?? 'h1',
    tls: {
      serverName: config.tls?.server_name?.toLowerCase() ?? '',
      verify: config.tls?.verify ?? true,
      credentials: '',
    },
    timeouts: {
      connect: timeouts.connect,
      firstByte: timeouts.first_byte,
      idle: timeouts.idle,
      total: timeouts.total,
    },
  };
}

/**
 * An upstream without a limit of its own for the first byte gets the longest `timeout` of its routes, so that the
 * transport always has one and it never cuts a request that its route would still wait for.
 */
export function settleFirstByte(
  upstreams: readonly Upstream[],
  routes: readonly Route[],
  defaultTimeout: number,
): Upstream[] {
  const longest = new Map<string, number>();
  for (const { action } of routes) {
    if (action.kind !== 'proxy') continue;
    for (const { upstream } of action.targets) {
      longest.set(upstream, Math.max(action.timeout, longest.get(upstream) ?? 0));
    }
  }
  return upstreams.map((upstream) => {
    if (upstream.timeouts.firstByte > 0) return upstream;
    const firstByte = longest.get(upstream.name) ?? defaultTimeout;
    return { ...upstream, timeouts: { ...upstream.timeouts, firstByte } };
  });
}

function buildEndpoints(config: UpstreamConfig, path: TreePath, context: BuildContext): Endpoint[] {
  const endpoints = new Map<string, Endpoint>();
  const listed = config.endpoints ?? [];
  for (const [index, endpoint] of listed.entries()) {
    if (!endpoints.has(endpoint.address)) endpoints.set(endpoint.address, { ...endpoint, slot: -1 });
    else {
      context.error(
        [...path, 'endpoints', index],
        'endpoints: this one is listed twice; give it a weight instead',
      );
    }
  }
  if (listed.length > 0 && listed.every(({ weight }) => weight === 0)) {
    context.keyError([...path, 'endpoints'], 'endpoints: at least one weight must be larger than 0');
  }
  return [...endpoints.values()];
}

export function parseHashKey(text: string): HashKey {
  const colon = text.indexOf(':');
  const kind = (colon < 0 ? text : text.slice(0, colon)) as HashKey['kind'];
  const name = colon < 0 ? '' : text.slice(colon + 1);
  return { kind, name: kind === 'header' ? name.toLowerCase() : name };
}

export function buildHealthCheck(
  config: Partial<UpstreamConfig>,
  routing: RoutingConfig,
): HealthCheck | null {
  if ((config.health_check ?? routing.health_check) === false) return null;
  const check = inherit(healthCheckSchema, routing.health_check, config.health_check);
  return {
    path: check.path,
    grpcService: grpcServiceOf(config.health_check, routing.health_check),
    interval: check.interval,
    timeout: check.timeout,
    healthyAfter: check.healthy_after,
    unhealthyAfter: check.unhealthy_after,
    expect: check.expect,
  };
}

type HealthCheckKeys = Partial<UpstreamConfig>['health_check'];

/** An upstream that names a path or statuses means them, whatever all upstreams are told. */
function grpcServiceOf(ownKeys: HealthCheckKeys, sharedKeys: HealthCheckKeys): string | null {
  const own = ownKeys || {};
  const shared = (sharedKeys !== false && sharedKeys?.grpc) || false;
  const asksByHttp = own.path !== undefined || own.expect !== undefined;
  const strongest = own.grpc ?? (asksByHttp ? false : shared);
  if (strongest === false) return null;
  // A plain `true` switches on what the layers below say.
  const layers = [shared, strongest].map((layer) => (typeof layer === 'boolean' ? undefined : layer));
  return inherit(grpcCheckSchema, ...layers).service;
}

function buildOutlier(config: Partial<UpstreamConfig>, routing: RoutingConfig): Outlier | null {
  if ((config.outlier ?? routing.outlier) === false) return null;
  const outlier = inherit(outlierSchema, routing.outlier, config.outlier);
  return {
    consecutiveFailures: outlier.consecutive_failures,
    ejectFor: outlier.eject_for,
    maxEjected: outlier.max_ejected,
  };
}

function buildCircuitBreaker(config: Partial<UpstreamConfig>, routing: RoutingConfig): CircuitBreaker | null {
  if ((config.circuit_breaker ?? routing.circuit_breaker) === false) return null;
  const breaker = inherit(circuitBreakerSchema, routing.circuit_breaker, config.circuit_breaker);
  return {
    failureThreshold: breaker.failure_threshold,
    timeout: breaker.timeout,
    halfOpenRequests: breaker.half_open_requests,
  };
}
