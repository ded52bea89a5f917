import { OriginSet } from '../http/origins.js';
import { rewritePath } from '../routing/rewrite.js';
/** When a try may be repeated, as flags. */
export class RetryRules {
    attempts;
    onConnectFailure;
    onReset;
    onTimeout;
    perTryTimeout;
    budget;
    bodyLimit;
    #statuses;
    constructor(action) {
        const { retries } = action;
        const on = new Set(retries.on);
        this.attempts = retries.attempts;
        this.onConnectFailure = on.has('connect-failure');
        // A connection lost before the response head reaches the client as 502, a timeout as 504: naming those statuses
        // means these cases too.
        this.onReset = on.has('reset') || on.has(502);
        this.onTimeout = on.has('timeout') || on.has(504);
        this.perTryTimeout = retries.perTryTimeout;
        this.budget = retries.budget;
        this.bodyLimit = retries.bodyLimit;
        this.#statuses = on;
    }
    onStatus(status) {
        return status >= 400 && this.#statuses.has(status);
    }
}
/** A route as a worker runs it, made when the first request of a generation matches it. */
export class CompiledRoute {
    route;
    metrics;
    chain;
    /** Not `''`: a plugin of this route cannot run, so the route stays closed. */
    unavailable;
    targets;
    retries;
    proxy;
    /** Null when the route takes no WebSocket. */
    webSocketOrigins;
    #totalWeight;
    constructor(route, metrics, chain, unavailable, targets) {
        this.route = route;
        this.metrics = metrics;
        this.chain = chain;
        this.unavailable = unavailable;
        this.targets = targets;
        this.proxy = route.action.kind === 'proxy' ? route.action : null;
        const webSocket = this.proxy?.webSocket ?? null;
        this.webSocketOrigins = webSocket === null ? null : new OriginSet(webSocket.origins);
        this.retries = this.proxy === null ? null : new RetryRules(this.proxy);
        this.#totalWeight = targets.reduce((sum, target) => sum + target.weight, 0);
    }
    /** One of the targets by weight; undefined only when all weights are 0. */
    chooseTarget() {
        const targets = this.targets;
        if (targets.length === 1)
            return targets[0].runtime;
        let ticket = Math.random() * this.#totalWeight;
        for (let i = 0; i < targets.length; i++) {
            ticket -= targets[i].weight;
            if (ticket < 0)
                return targets[i].runtime;
        }
        return undefined;
    }
    /** Request target for the endpoint: the received one unless a rewrite or rule B13 asks for another. */
    upstreamTarget(received, path, search, canonicalOnly) {
        const rewrite = this.proxy.rewrite;
        if (rewrite !== null)
            return rewritePath(rewrite, path) + search;
        return canonicalOnly ? path + search : received;
    }
}
//# sourceMappingURL=compiled-route.js.map