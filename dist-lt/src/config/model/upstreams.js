import { shown } from '../check.js';
import { formatPlace } from '../problems.js';
import { inherit } from '../schema/inherit.js';
import { circuitBreakerSchema, connectionsSchema, healthCheckSchema, outlierSchema, timeoutsSchema, } from '../schema/upstream.js';
import { nodeAt } from '../tree.js';
/** Every name that an upstream has, also of those that are wrong in other ways; reports names that occur twice. */
export function upstreamNames(context) {
    const names = new Map();
    const list = nodeAt(context.root, ['upstreams']);
    if (list?.kind !== 'list')
        return names;
    for (const item of list.items) {
        const name = item.kind === 'map' ? item.get('name') : undefined;
        if (name?.kind !== 'scalar' || typeof name.value !== 'string')
            continue;
        const earlier = names.get(name.value);
        if (earlier === undefined)
            names.set(name.value, name);
        else {
            context.problems.error(name, `the upstream ${shown(name)} is already defined at ${formatPlace(earlier)}; rename or remove one of them`);
        }
    }
    return names;
}
export function buildUpstream(config, path, context) {
    const { routing } = context;
    const settings = upstreamSettings(config, routing);
    if (config.hash_on !== undefined && settings.loadBalance !== 'consistent-hash') {
        context.warning([...path, 'hash_on'], `hash_on has no effect with load_balance ${settings.loadBalance}; it needs load_balance: consistent-hash`);
    }
    checkUpstreamTls(config, path, context);
    return { name: config.name, slot: -1, endpoints: buildEndpoints(config, path, context), ...settings };
}
function checkUpstreamTls(config, path, context) {
    const { tls, endpoints, protocol, pipelining } = config;
    if (protocol === 'h2' && pipelining > 1) {
        context.keyError([...path, 'pipelining'], 'pipelining is for protocol h1; h2 shares connections by itself');
    }
    if (tls === undefined)
        return;
    if (!endpoints.some((endpoint) => endpoint.tls)) {
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
export function upstreamSettings(config, routing) {
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
export function settleFirstByte(upstreams, routes, defaultTimeout) {
    const longest = new Map();
    for (const { action } of routes) {
        if (action.kind !== 'proxy')
            continue;
        for (const { upstream } of action.targets) {
            longest.set(upstream, Math.max(action.timeout, longest.get(upstream) ?? 0));
        }
    }
    return upstreams.map((upstream) => {
        if (upstream.timeouts.firstByte > 0)
            return upstream;
        const firstByte = longest.get(upstream.name) ?? defaultTimeout;
        return { ...upstream, timeouts: { ...upstream.timeouts, firstByte } };
    });
}
function buildEndpoints(config, path, context) {
    const endpoints = new Map();
    for (const [index, endpoint] of config.endpoints.entries()) {
        if (!endpoints.has(endpoint.address))
            endpoints.set(endpoint.address, { ...endpoint, slot: -1 });
        else {
            context.error([...path, 'endpoints', index], 'endpoints: this one is listed twice; give it a weight instead');
        }
    }
    if (config.endpoints.every(({ weight }) => weight === 0)) {
        context.keyError([...path, 'endpoints'], 'endpoints: at least one weight must be larger than 0');
    }
    return [...endpoints.values()];
}
export function parseHashKey(text) {
    const colon = text.indexOf(':');
    const kind = (colon < 0 ? text : text.slice(0, colon));
    const name = colon < 0 ? '' : text.slice(colon + 1);
    return { kind, name: kind === 'header' ? name.toLowerCase() : name };
}
export function buildHealthCheck(config, routing) {
    if ((config.health_check ?? routing.health_check) === false)
        return null;
    const check = inherit(healthCheckSchema, routing.health_check, config.health_check);
    return {
        path: check.path,
        interval: check.interval,
        timeout: check.timeout,
        healthyAfter: check.healthy_after,
        unhealthyAfter: check.unhealthy_after,
        expect: check.expect,
    };
}
function buildOutlier(config, routing) {
    if ((config.outlier ?? routing.outlier) === false)
        return null;
    const outlier = inherit(outlierSchema, routing.outlier, config.outlier);
    return {
        consecutiveFailures: outlier.consecutive_failures,
        ejectFor: outlier.eject_for,
        maxEjected: outlier.max_ejected,
    };
}
function buildCircuitBreaker(config, routing) {
    if ((config.circuit_breaker ?? routing.circuit_breaker) === false)
        return null;
    const breaker = inherit(circuitBreakerSchema, routing.circuit_breaker, config.circuit_breaker);
    return {
        failureThreshold: breaker.failure_threshold,
        timeout: breaker.timeout,
        halfOpenRequests: breaker.half_open_requests,
    };
}
//# sourceMappingURL=upstreams.js.map