/** `routes` of the configuration to routes of the routing model. */
import { createHash } from 'node:crypto';
import { parsePattern } from '../../routing/pattern.js';
import { quote } from '../check.js';
import { formatPlace } from '../problems.js';
import { nodeAt } from '../tree.js';
import { ActionBuilder } from './actions.js';
import { resolveMiddleware } from './middleware.js';
export class RouteBuilder {
    #context;
    #actions;
    #plugins;
    #globals;
    #globalIds;
    #ids = new Set();
    constructor(context, plugins, globals) {
        this.#context = context;
        this.#plugins = plugins;
        this.#globals = globals;
        this.#globalIds = globals.map((plugin) => plugin.id);
        this.#actions = new ActionBuilder(context);
    }
    /** @returns null when the route is wrong; the reasons are then reported */
    build(config, path) {
        const parsed = parsePattern(config.path);
        // The schema has checked it.
        if (!parsed.ok)
            throw new TypeError(parsed.message);
        const { pattern } = parsed;
        for (const fields of [['headers'], ['respond', 'headers']])
            this.#refuseSameName([...path, ...fields]);
        const action = this.#actions.build(config, path, pattern);
        const plugins = this.#middleware(config.middleware, [...path, 'middleware']);
        if (action === null || plugins === null)
            return null;
        const match = {
            path: pattern.canonical,
            methods: [...new Set(config.methods)],
            host: config.host ?? '',
            headers: toPredicates(config.headers),
            query: toPredicates(config.query),
            priority: config.priority,
        };
        const route = {
            id: this.#uniqueId(match),
            source: 'file',
            origin: formatPlace(this.#context.place(path)),
            ...match,
            action,
            plugins,
        };
        return { route, pattern, path };
    }
    /** Two spellings of one header name: one of them would get lost. */
    #refuseSameName(path) {
        const node = nodeAt(this.#context.root, path);
        if (node?.kind !== 'map')
            return;
        const seen = new Set();
        for (const [name, entry] of node.entries) {
            if (seen.has(name.toLowerCase())) {
                this.#context.problems.error(entry, `the header ${quote(name)} is already there in another spelling`);
            }
            seen.add(name.toLowerCase());
        }
    }
    /** Global plugins first; one that the route names itself runs where, and as, the route says. */
    #middleware(items, path) {
        if (items.length === 0)
            return this.#globalIds;
        const own = resolveMiddleware(items.map((value, index) => ({ value, path: [...path, index] })), this.#plugins, this.#context);
        if (own === null)
            return null;
        const names = new Set(own.map((plugin) => plugin.name));
        const globals = this.#globals.filter((plugin) => !names.has(plugin.name));
        return [...globals, ...own].map((plugin) => plugin.id);
    }
    /** Made of the match alone, so that a change of the action keeps the route's identity. */
    #uniqueId(match) {
        const predicates = [...match.headers.map(predicateKey), '?', ...match.query.map(predicateKey)];
        const methods = match.methods.length === 0 ? '' : `${match.methods.toSorted().join(',')} `;
        let id = `file:${methods}${match.host}${match.path}`;
        if (predicates.length > 1) {
            id += `#${createHash('sha256').update(JSON.stringify(predicates)).digest('hex').slice(0, 8)}`;
        }
        if (match.priority !== 0)
            id += `^${match.priority}`;
        let unique = id;
        for (let copy = 2; this.#ids.has(unique); copy++)
            unique = `${id}~${copy}`;
        this.#ids.add(unique);
        return unique;
    }
}
function toPredicates(predicates) {
    return Object.entries(predicates).map(([name, value]) => typeof value === 'string' ? { name, kind: 'exact', value } : { name, kind: 'regex', value: value.regex });
}
function predicateKey(predicate) {
    return `${predicate.name} ${predicate.kind} ${predicate.value}`;
}
//# sourceMappingURL=routes.js.map