export function routeView(route) {
    return {
        id: route.id,
        host: route.host,
        path: route.path,
        methods: route.methods,
        ...predicatesView('headers', route.headers),
        ...predicatesView('query', route.query),
        priority: route.priority,
        ...actionView(route.action),
        middleware: route.plugins,
        source: route.source,
        origin: route.origin,
    };
}
export function conflictView(conflict) {
    const { winner, loser, methods } = conflict;
    return {
        route: loser.id,
        origin: loser.origin,
        winner: winner.id,
        winner_origin: winner.origin,
        methods,
    };
}
export function refusedView(refused) {
    return { route: refused.route.id, origin: refused.route.origin, reason: refused.reason };
}
function predicatesView(name, predicates) {
    if (predicates.length === 0)
        return {};
    return {
        [name]: Object.fromEntries(predicates.map((predicate) => [
            predicate.name,
            predicate.kind === 'regex' ? { regex: predicate.value } : predicate.value,
        ])),
    };
}
function actionView(action) {
    switch (action.kind) {
        case 'redirect':
            return { redirect: { status: action.status, location: action.location } };
        case 'respond':
            return { respond: { status: action.status, body_bytes: Buffer.byteLength(action.body) } };
        case 'control':
            return { gateway: true };
        case 'proxy': {
            const { targets, rewrite, retries, webSocket, eventStream } = action;
            const only = targets.length === 1 ? targets[0] : undefined;
            return {
                ...(only ? { upstream: only.upstream } : { split: targets }),
                ...(rewrite === null
                    ? {}
                    : {
                        strip_prefix: rewrite.stripPrefix,
                        rewrite: rewrite.rules.map(({ pattern, replacement }) => ({ pattern, replacement })),
                        add_prefix: rewrite.addPrefix,
                    }),
                preserve_host: action.preserveHost,
                timeout_ms: action.timeout,
                retries: {
                    attempts: retries.attempts,
                    on: retries.on,
                    per_try_timeout_ms: retries.perTryTimeout,
                    budget: retries.budget,
                },
                websocket: webSocket === null
                    ? false
                    : {
                        idle_timeout_ms: webSocket.idleTimeout,
                        max_duration_ms: webSocket.maxDuration,
                        origins: webSocket.origins,
                    },
                sse: { heartbeat_ms: eventStream.heartbeat, idle_timeout_ms: eventStream.idleTimeout },
            };
        }
    }
}
//# sourceMappingURL=views.js.map