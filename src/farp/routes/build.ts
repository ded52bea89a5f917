/** Services to routes and upstreams. */
import type { RouteDefaults } from '../../routing/defaults.ts';
import { linearRegExp } from '../../routing/linear-regexp.ts';
import type { PathRewrite, RewriteRule, Route, Upstream } from '../../routing/model.ts';
import { parsePattern } from '../../routing/pattern.ts';
import type { Manifest, Service, ServiceProblem } from '../model.ts';
import { endpointsOf } from './endpoints.ts';
import { grpcHealthCheckOf, healthCheckOf } from './health-check.ts';
import { type Mount, mountsOf } from './mount.ts';
import { byRank } from './rank.ts';
import type { Complain, ServicePath } from './service-path.ts';
import { servicePaths } from './service-paths.ts';

export interface RouteBuildOptions {
  readonly defaults: RouteDefaults;
  /** `farp.domain`: services that want a host name of their own get one below it. `''`: there is none. */
  readonly domain: string;
  /** A service with more routes than this is refused; it would slow the building of all others down. */
  readonly maxRoutes: number;
}

export interface BuiltRoutes {
  /** In the order of precedence where two services want the same. */
  readonly routes: readonly Route[];
  readonly upstreams: readonly Upstream[];
  readonly problems: readonly ServiceProblem[];
  /** Number of routes by service and by where they come from, for metrics and the admin API. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Never throws for what a service says: what cannot be used is left out and told. */
export function buildRoutes(services: readonly Service[], options: RouteBuildOptions): BuiltRoutes {
  const routes: Route[] = [];
  const upstreams: Upstream[] = [];
  const problems: ServiceProblem[] = [];
  const counts = new Map<string, Map<string, number>>();
  for (const service of services.toSorted(byRank)) {
    const complain: Complain = (subject, message) =>
      problems.push({ service: service.name, subject, message });
    const paths = servicePaths(service, complain);
    const mounts = mountsOf(service, options.domain, complain);
    const count = paths.length * mounts.length;
    if (count > options.maxRoutes) {
      complain('', `it has ${count} routes; at most ${options.maxRoutes} are accepted (farp.max_routes)`);
      continue;
    }
    const rules = rewriteRules(service.manifest, complain);
    const byType = new Map<string, number>();
    for (const mount of mounts) {
      upstreams.push(upstreamOf(service, mount, options.defaults));
      if (paths.some(({ unmounted }) => unmounted))
        upstreams.push(grpcUpstreamOf(service, mount, paths, options.defaults));
      for (const path of paths) {
        for (const pattern of mountedPatterns(mount, path, complain)) {
          routes.push(routeOf(service, mount, path, pattern, rules, options.defaults));
        }
        byType.set(path.type, (byType.get(path.type) ?? 0) + 1);
      }
      if (paths.some(({ type }) => type === 'catch-all'))
        routes.push(protocolGuard(service, mount, options.defaults));
    }
    counts.set(service.name, byType);
  }
  return { routes, upstreams: uniqueByName(upstreams), problems, counts };
}

function upstreamOf(service: Service, mount: Mount, defaults: RouteDefaults): Upstream {
  return {
    ...defaults.upstream,
    name: mount.upstream,
    slot: -1,
    endpoints: endpointsOf(mount.instances),
    healthCheck: healthCheckOf(service, defaults.healthCheck),
  };
}

/** The same endpoints, spoken to as gRPC wants it. */
function grpcUpstreamOf(
  service: Service,
  mount: Mount,
  paths: readonly ServicePath[],
  defaults: RouteDefaults,
): Upstream {
  return {
    ...upstreamOf(service, mount, defaults),
    name: grpcName(mount),
    // The path that the service states is one of HTTP and looked after under the other name.
    healthCheck: grpcHealthCheckOf(paths, defaults.healthCheck),
    protocol: 'h2',
  };
}

function grpcName({ upstream }: Mount): string {
  return `${upstream}~grpc`;
}

function mountedPatterns(mount: Mount, { path, unmounted }: ServicePath, complain: Complain): string[] {
  const prefix = unmounted ? '' : mount.prefix;
  const whole = prefix + path;
  const parsed = parsePattern(whole);
  if (!parsed.ok) {
    complain(path, parsed.message);
    return [];
  }
  // The root of the service is where people look first, with and without the slash.
  return path === '/' && prefix !== '' ? [prefix, whole] : [parsed.pattern.canonical];
}

function routeOf(
  { name }: Service,
  mount: Mount,
  { methods, type, timeout, unmounted }: ServicePath,
  path: string,
  rules: readonly RewriteRule[],
  defaults: RouteDefaults,
): Route {
  const host = unmounted ? '' : mount.host;
  return {
    id: `farp:${name}:${methods.length === 0 ? '' : `${methods.toSorted().join(',')} `}${host}${path}`,
    source: 'farp',
    origin: `service ${name} (${type})`,
    path,
    methods,
    host,
    headers: [],
    query: [],
    priority: 0,
    action: {
      kind: 'proxy',
      targets: [{ upstream: unmounted ? grpcName(mount) : mount.upstream, weight: 1 }],
      rewrite: rewriteOf(unmounted ? '' : mount.strip, unmounted ? [] : rules),
      ...defaults.proxy,
      ...(timeout > 0 ? { timeout } : {}),
    },
    plugins: defaults.plugins,
  };
}

/** Where everything of a service is open, the protocol's own paths are not: they tell of its inside (7.4). */
function protocolGuard({ name }: Service, mount: Mount, defaults: RouteDefaults): Route {
  return {
    id: `farp:${name}:guard ${mount.host}${mount.prefix}`,
    source: 'farp',
    origin: `service ${name} (guard)`,
    path: `${mount.prefix}/_farp/*`,
    methods: [],
    host: mount.host,
    headers: [],
    query: [],
    priority: 0,
    action: { kind: 'respond', status: 404, headers: [], body: '' },
    plugins: defaults.plugins,
  };
}

function rewriteOf(stripPrefix: string, rules: readonly RewriteRule[]): PathRewrite | null {
  return stripPrefix === '' && rules.length === 0 ? null : { stripPrefix, rules, addPrefix: '' };
}

/** A pattern that could be made to backtrack is refused: the service may be anyone's (16). */
function rewriteRules(manifest: Manifest | null, complain: Complain): RewriteRule[] {
  const rules: RewriteRule[] = [];
  for (const { pattern, replacement } of manifest?.routing.rewrite ?? []) {
    try {
      linearRegExp(pattern);
      rules.push({ pattern, replacement, linear: true });
    } catch (error) {
      complain(`routing.rewrite ${pattern}`, error instanceof Error ? error.message : String(error));
    }
  }
  return rules;
}

/** Two spellings of one mount have one upstream. */
function uniqueByName(upstreams: readonly Upstream[]): Upstream[] {
  return [...new Map(upstreams.map((upstream) => [upstream.name, upstream])).values()];
}
