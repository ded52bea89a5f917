import { canonicalLiteral, PatternError } from '../../routing/pattern.js';
import { quote } from '../check.js';
import { inherit } from '../schema/inherit.js';
import { retriesSchema } from '../schema/route.js';
import { nodeAt } from '../tree.js';
import { redirectProblems } from './redirect-location.js';
import { streamPolicies } from './streams.js';
const ACTIONS = ['upstream', 'split', 'redirect', 'respond'];
const PROXY_KEYS = [
    'strip_prefix',
    'rewrite',
    'add_prefix',
    'preserve_host',
    'timeout',
    'retries',
    'websocket',
    'sse',
];
const FRAMING_FIELDS = new Set([
    'content-length',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'upgrade',
    'te',
    'trailer',
    'date',
]);
export class ActionBuilder {
    #context;
    #defaultRetries;
    constructor(context) {
        this.#context = context;
        this.#defaultRetries = toRetryPolicy({}, context.routing.retries);
    }
    /** @returns null when there is none, or more than one; other faults are reported and leave the action usable */
    build(config, path, pattern) {
        const given = ACTIONS.filter((key) => config[key] !== undefined);
        const [action, second] = given;
        if (action === undefined) {
            this.#context.error(path, 'a route needs one of upstream, split, redirect and respond');
            return null;
        }
        if (second !== undefined) {
            this.#context.keyError([...path, second], `a route has one of upstream, split, redirect and respond, but this one has ${given.join(' and ')}`);
            return null;
        }
        if (config.redirect !== undefined) {
            this.#refuseProxyKeys(config, path, action);
            const { status, location } = config.redirect;
            for (const problem of redirectProblems(location, pattern.params))
                this.#context.error([...path, 'redirect', 'location'], `redirect.location: ${problem}`);
            return { kind: 'redirect', status, location };
        }
        if (config.respond !== undefined) {
            this.#refuseProxyKeys(config, path, action);
            return this.#respond(config.respond, path);
        }
        return {
            kind: 'proxy',
            targets: this.#targets(config, path),
            rewrite: this.#rewrite(config, path, pattern),
            preserveHost: config.preserve_host ?? this.#context.routing.preserve_host,
            timeout: config.timeout ?? this.#context.routing.timeout,
            retries: config.retries === undefined
                ? this.#defaultRetries
                : toRetryPolicy(this.#context.routing.retries, config.retries),
            ...streamPolicies(config, this.#context.routing),
        };
    }
    #refuseProxyKeys(config, path, action) {
        for (const key of PROXY_KEYS) {
            if (config[key] !== undefined)
                this.#context.keyError([...path, key], `${key} has no effect with ${action}; take it out`);
        }
    }
    #respond(respond, path) {
        const headers = [];
        for (const [name, value] of Object.entries(respond.headers)) {
            if (FRAMING_FIELDS.has(name))
                this.#refuseFraming(name, [...path, 'respond', 'headers']);
            for (const single of typeof value === 'string' ? [value] : value)
                headers.push([name, single]);
        }
        if (respond.body !== '' && (respond.status === 204 || respond.status === 205 || respond.status === 304)) {
            this.#context.error([...path, 'respond', 'body'], `a response with status ${respond.status} has no body; take it out`);
        }
        return { kind: 'respond', status: respond.status, headers, body: respond.body };
    }
    #refuseFraming(name, path) {
        const node = nodeAt(this.#context.root, path);
        const written = node?.kind === 'map' ? [...node.entries.keys()] : [];
        const key = written.find((other) => other.toLowerCase() === name) ?? name;
        this.#context.keyError([...path, key], `${key} is set by the gateway; take it out`);
    }
    #targets(config, path) {
        if (config.split === undefined)
            return [{ upstream: config.upstream ?? '', weight: 1 }];
        const seen = new Set();
        config.split.forEach(({ upstream }, index) => {
            if (seen.has(upstream))
                this.#context.error([...path, 'split', index, 'upstream'], 'split: this upstream is listed twice; add its weights up');
            seen.add(upstream);
        });
        if (config.split.every(({ weight }) => weight === 0)) {
            this.#context.keyError([...path, 'split'], 'split: at least one weight must be larger than 0');
        }
        return config.split;
    }
    #rewrite(config, path, pattern) {
        if (config.strip_prefix === undefined && config.rewrite === undefined && config.add_prefix === undefined)
            return null;
        const stripPrefix = this.#literal(config.strip_prefix ?? '', [...path, 'strip_prefix']);
        if (stripPrefix !== '' && !canBeginWith(pattern.canonical, stripPrefix)) {
            this.#context.error([...path, 'strip_prefix'], `strip_prefix ${quote(stripPrefix)} is no beginning of the path ${quote(pattern.canonical)}, so it would never apply`);
        }
        return {
            stripPrefix,
            rules: config.rewrite === undefined ? [] : [{ ...config.rewrite, linear: false }],
            addPrefix: this.#literal(config.add_prefix ?? '', [...path, 'add_prefix']),
        };
    }
    #literal(text, path) {
        try {
            return canonicalLiteral(text);
        }
        catch (error) {
            if (!(error instanceof PatternError))
                throw error;
            this.#context.error(path, `${String(path.at(-1))}: ${error.message}`);
            return '';
        }
    }
}
export function toRetryPolicy(inherited, own) {
    const asLayer = (retries) => (typeof retries === 'number' ? { attempts: retries } : retries);
    const policy = inherit(retriesSchema, asLayer(inherited), asLayer(own));
    return {
        attempts: policy.attempts,
        on: policy.on,
        perTryTimeout: policy.per_try_timeout,
        budget: policy.budget,
        bodyLimit: policy.body_limit,
    };
}
/** Whether a path of the pattern can begin with the prefix, followed by `/` or nothing. Parameters can be anything. */
function canBeginWith(pattern, prefix) {
    const open = pattern.search(/[{*]/);
    const fixed = open < 0 ? pattern : pattern.slice(0, open);
    if (`${fixed}/`.startsWith(`${prefix}/`))
        return true;
    return open >= 0 && prefix.startsWith(fixed);
}
//# sourceMappingURL=actions.js.map