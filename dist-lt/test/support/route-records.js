/** A route to the upstream `main` with every field set; `changes` name what a test is about. */
export function routeOf(path, changes = {}) {
    return {
        id: path,
        source: 'file',
        origin: '',
        path,
        methods: [],
        host: '',
        headers: [],
        query: [],
        priority: 0,
        action: proxyTo('main'),
        plugins: [],
        ...changes,
    };
}
export function proxyTo(upstream, changes = {}) {
    return {
        kind: 'proxy',
        targets: [{ upstream, weight: 1 }],
        rewrite: null,
        preserveHost: false,
        timeout: 30_000,
        retries: {
            attempts: 2,
            on: ['connect-failure', 502, 503, 504],
            perTryTimeout: 0,
            budget: 0.2,
            bodyLimit: 65_536,
        },
        webSocket: { idleTimeout: 3_600_000, maxDuration: 0, origins: ['*'] },
        eventStream: { heartbeat: 0, idleTimeout: 0 },
        ...changes,
    };
}
export function exact(name, value) {
    return { name, kind: 'exact', value };
}
export function regex(name, value) {
    return { name, kind: 'regex', value };
}
//# sourceMappingURL=route-records.js.map