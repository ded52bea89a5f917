import { parsePattern } from './pattern.js';
/**
 * The routes as matching prefers them: priority, then host, path, number of predicates, listed methods before any
 * method, and the order in which they were given. The order in which the matcher would try routes that fit the same
 * request; routes that never compete stand in the order of their text.
 */
export function inMatchOrder(routes) {
    return routes
        .map((route, index) => ({ route, index, path: pathKey(route.path) }))
        .sort((a, b) => {
        const reason = whyBefore(a.route, b.route, a.path, b.path);
        return reason.order !== 0 ? reason.order : a.index - b.index;
    })
        .map(({ route }) => route);
}
/** The rule that puts `winner` before `loser` when both fit a request. */
export function decidingRule(winner, loser) {
    return whyBefore(winner, loser, pathKey(winner.path), pathKey(loser.path)).reason;
}
function whyBefore(a, b, pathA, pathB) {
    if (a.priority !== b.priority)
        return { reason: 'priority', order: b.priority - a.priority };
    if (a.host !== b.host) {
        const order = hostRank(b.host) - hostRank(a.host);
        return { reason: 'host', order: order !== 0 ? order : a.host < b.host ? -1 : 1 };
    }
    if (pathA !== pathB)
        return { reason: 'path', order: pathA < pathB ? -1 : 1 };
    const predicates = b.headers.length + b.query.length - a.headers.length - a.query.length;
    if (predicates !== 0)
        return { reason: 'predicates', order: predicates };
    const anyMethod = Number(a.methods.length === 0) - Number(b.methods.length === 0);
    return { reason: anyMethod === 0 ? 'position' : 'methods', order: anyMethod };
}
/** Exact hosts first, then `*.` from the longest to the shortest, then any host. */
function hostRank(host) {
    if (host === '')
        return 0;
    return host.startsWith('*.') ? host.length : 1000;
}
const PARAM = '\uf000';
const REST = '\uf001';
const WILDCARD = '\uf002';
/**
 * Sorts like the matcher walks: at each place literal text before a parameter, parameters with more literal text
 * behind them first, tails last. Names do not count.
 */
function pathKey(path) {
    const parsed = parsePattern(path);
    if (!parsed.ok)
        return path;
    const { segments, tail } = parsed.pattern;
    let key = '';
    for (const [first, ...literals] of segments) {
        key += `/${first}`;
        if (literals.length === 0)
            continue;
        const text = literals.join(PARAM);
        key += `${PARAM}${String.fromCharCode(0xefff - (text.length - literals.length))}${text}`;
    }
    if (tail === 'rest')
        key += `/${REST}`;
    if (tail === 'wildcard')
        key += `/${WILDCARD}`;
    return key;
}
//# sourceMappingURL=match-order.js.map