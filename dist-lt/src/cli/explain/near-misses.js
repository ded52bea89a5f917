import { decidingRule } from '../../routing/match-order.js';
import { parsePattern } from '../../routing/pattern.js';
import { patternRegex } from '../../routing/pattern-match.js';
import { describeConditions, describeHost, describeMethods } from '../describe-route.js';
import { pathDifference, SLIP } from './path-difference.js';
/** Most are of no interest; these are the closest. */
const LIMIT = 10;
/**
 * The routes that would have taken the request if it, or they, were a little different, the closest first.
 *
 * @param match the route that takes it, if there is one
 */
export function nearMisses(routes, match, request) {
    const found = [];
    for (const route of routes) {
        if (route === match)
            continue;
        const path = pathReason(route, request.path ?? request.sentPath);
        if (path === null)
            continue;
        const others = [
            ...hostReasons(route, request),
            ...methodReasons(route, request),
            ...fieldReasons(route, request),
        ];
        // With more than a slip in the path, another difference makes it a different request.
        if (path.distance > SLIP && others.length > 0)
            continue;
        const reasons = path.text === '' ? others : [path.text, ...others];
        if (reasons.length === 0)
            reasons.push(match === null ? 'not compiled' : lossReason(match, route));
        found.push({ route, reasons, distance: path.distance * 2 + others.length });
    }
    return found.sort((a, b) => a.distance - b.distance).slice(0, LIMIT);
}
function pathReason(route, path) {
    const parsed = parsePattern(route.path);
    if (!parsed.ok)
        return null;
    if (patternRegex(parsed.pattern).test(path))
        return { distance: 0, text: '' };
    return pathDifference(parsed.pattern, path);
}
function hostReasons({ host }, request) {
    const suffix = host.slice(1);
    if (host === '' || host === request.host)
        return [];
    if (host.startsWith('*.') && request.host.endsWith(suffix) && request.host.length > suffix.length)
        return [];
    const apex = host === `*.${request.host}` ? ', and "*." stands for at least one label' : '';
    const given = request.host === '' ? 'no host is given' : `host is "${request.host}"`;
    return [`${given}, the route wants ${host}${apex}`];
}
function methodReasons(route, { method }) {
    const { methods } = route;
    if (methods.length === 0 || methods.includes(method) || (method === 'HEAD' && methods.includes('GET')))
        return [];
    return [`method is ${method}, the route takes ${describeMethods(route)}`];
}
function fieldReasons(route, { fields }) {
    const reasons = [];
    const check = (where, predicate, actual) => {
        const { name, kind, value } = predicate;
        if (kind === 'exact' ? actual === value : actual !== undefined && new RegExp(value).test(actual))
            return;
        const wanted = kind === 'exact' ? `"${value}"` : `a match of /${value}/`;
        reasons.push(`${where} ${name} is ${actual === undefined ? 'absent' : `"${actual}"`}, the route wants ${wanted}`);
    };
    for (const predicate of route.headers)
        check('header', predicate, fields.header(predicate.name));
    for (const predicate of route.query)
        check('query parameter', predicate, fields.query(predicate.name));
    return reasons;
}
/** Both routes fit the request; says why the other one was taken. */
function lossReason(winner, loser) {
    const why = {
        priority: `has priority ${winner.priority}, this one ${loser.priority}`,
        host: `has the more specific host ${describeHost(winner)}`,
        path: `has the more specific path ${winner.path}`,
        predicates: `has more conditions: ${describeConditions(winner)}`,
        methods: 'lists its methods, this one takes any',
        position: 'is the same and comes first',
    };
    return `also fits, but the matching route ${why[decidingRule(winner, loser)]}`;
}
//# sourceMappingURL=near-misses.js.map