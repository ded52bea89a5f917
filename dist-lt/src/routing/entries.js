import { ANY_METHOD, GET_BIT, HEAD_BIT } from './methods.js';
/**
 * Orders routes with one host and path: priority, then the number of predicates, then listed methods before any
 * method, then the order in which the sources gave them.
 */
export function orderEntries(routes) {
    if (routes.length === 1)
        return [soleEntry(routes[0])];
    const headListed = routes.some((facts) => facts.methods !== ANY_METHOD && (facts.methods & HEAD_BIT) !== 0);
    const entries = [];
    for (const facts of routes) {
        const { methods } = facts;
        if (methods === ANY_METHOD) {
            entries.push({ facts, methods, order: 2 });
        }
        else if ((methods & (GET_BIT | HEAD_BIT)) !== GET_BIT) {
            entries.push({ facts, methods, order: 0 });
        }
        else if (!headListed) {
            entries.push({ facts, methods: methods | HEAD_BIT, order: 0 });
        }
        else {
            // The HEAD that comes with GET stands behind routes that list HEAD, so it needs a line of its own.
            entries.push({ facts, methods, order: 0 }, { facts, methods: HEAD_BIT, order: 1 });
        }
    }
    return entries.sort((a, b) => b.facts.rank - a.facts.rank ||
        b.facts.predicateCount - a.facts.predicateCount ||
        a.order - b.order ||
        a.facts.index - b.facts.index);
}
/** The HEAD that comes with GET has no rival here. */
function soleEntry(facts) {
    const implied = facts.methods !== ANY_METHOD && (facts.methods & GET_BIT) !== 0 ? HEAD_BIT : 0;
    return { facts, methods: facts.methods | implied };
}
/** Conflicts among routes with one host and path. A route for any method only conflicts with its like. */
export function findConflicts(routes) {
    const conflicts = [];
    const owners = new Map();
    const inOrder = [...routes].sort((a, b) => b.rank - a.rank || a.index - b.index);
    for (const { route, predicateSet } of inOrder) {
        const disputed = new Map();
        const methods = route.methods.length === 0 ? ['*'] : new Set(route.methods);
        for (const method of methods) {
            const key = `${predicateSet} ${method}`;
            const owner = owners.get(key);
            if (owner === undefined)
                owners.set(key, route);
            else
                disputed.set(owner, [...(disputed.get(owner) ?? []), ...(method === '*' ? [] : [method])]);
        }
        for (const [winner, disputedMethods] of disputed) {
            conflicts.push({ winner, loser: route, methods: disputedMethods });
        }
    }
    return conflicts;
}
/** Equal for lists that accept the same requests: order and repetition do not count. */
export function distinctPredicates(predicates) {
    const keys = predicates.map(({ kind, name, value }) => JSON.stringify([kind, name, value]));
    return [...new Set(keys)].sort();
}
//# sourceMappingURL=entries.js.map