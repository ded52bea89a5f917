import { linearRegExp } from '../../routing/linear-regexp.js';
import { parsePattern } from '../../routing/pattern.js';
import { endpointsOf } from './endpoints.js';
import { healthCheckOf } from './health-check.js';
import { mountsOf } from './mount.js';
import { byRank } from './rank.js';
import { servicePaths } from './service-paths.js';
/** Never throws for what a service says: what cannot be used is left out and told. */
export function buildRoutes(services, options) {
    const routes = [];
    const upstreams = [];
    const problems = [];
    const counts = new Map();
    for (const service of services.toSorted(byRank)) {
        const complain = (subject, message) => problems.push({ service: service.name, subject, message });
        const paths = servicePaths(service, complain);
        const mounts = mountsOf(service, options.domain, complain);
        const count = paths.length * mounts.length;
        if (count > options.maxRoutes) {
            complain('', `it has ${count} routes; at most ${options.maxRoutes} are accepted (farp.max_routes)`);
            continue;
        }
        const rules = rewriteRules(service.manifest, complain);
        const byType = new Map();
        for (const mount of mounts) {
            upstreams.push(upstreamOf(service, mount, options.defaults));
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
function upstreamOf(service, mount, defaults) {
    return {
        ...defaults.upstream,
        name: mount.upstream,
        slot: -1,
        endpoints: endpointsOf(mount.instances),
        healthCheck: healthCheckOf(service, defaults.healthCheck),
    };
}
function mountedPatterns(mount, { path, unmounted }, complain) {
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
function routeOf({ name }, mount, { methods, type, timeout, unmounted }, path, rules, defaults) {
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
            targets: [{ upstream: mount.upstream, weight: 1 }],
            rewrite: rewriteOf(unmounted ? '' : mount.strip, unmounted ? [] : rules),
            ...defaults.proxy,
            ...(timeout > 0 ? { timeout } : {}),
        },
        plugins: defaults.plugins,
    };
}
/** Where everything of a service is open, the protocol's own paths are not: they tell of its inside (7.4). */
function protocolGuard({ name }, mount, defaults) {
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
function rewriteOf(stripPrefix, rules) {
    return stripPrefix === '' && rules.length === 0 ? null : { stripPrefix, rules, addPrefix: '' };
}
/** A pattern that could be made to backtrack is refused: the service may be anyone's (16). */
function rewriteRules(manifest, complain) {
    const rules = [];
    for (const { pattern, replacement } of manifest?.routing.rewrite ?? []) {
        try {
            linearRegExp(pattern);
            rules.push({ pattern, replacement, linear: true });
        }
        catch (error) {
            complain(`routing.rewrite ${pattern}`, error instanceof Error ? error.message : String(error));
        }
    }
    return rules;
}
/** Two spellings of one mount have one upstream. */
function uniqueByName(upstreams) {
    return [...new Map(upstreams.map((upstream) => [upstream.name, upstream])).values()];
}
//# sourceMappingURL=build.js.map