/** What changed from one manifest of a service to the next (3.4). */
import { isDeepStrictEqual } from 'node:util';
export function diffManifests(before, after) {
    const old = hashesByType(before.schemas);
    const now = hashesByType(after.schemas);
    return {
        schemasAdded: [...now.keys()].filter((type) => !old.has(type)),
        schemasRemoved: [...old.keys()].filter((type) => !now.has(type)),
        schemasChanged: [...now.keys()].filter((type) => old.has(type) && old.get(type) !== now.get(type)),
        capabilitiesAdded: without(after.capabilities, before.capabilities),
        capabilitiesRemoved: without(before.capabilities, after.capabilities),
        endpointsChanged: !isDeepStrictEqual(before.endpoints, after.endpoints),
        routingChanged: !isDeepStrictEqual(mountOf(before.routing), mountOf(after.routing)),
        routesChecksumChanged: before.routesChecksum !== after.routesChecksum,
        rulesChanged: !isDeepStrictEqual(rulesOf(before.routing), rulesOf(after.routing)) ||
            !isDeepStrictEqual(before.routeTable, after.routeTable),
    };
}
export function hasChanges(diff) {
    return Object.values(diff).some((part) => (typeof part === 'boolean' ? part : part.length > 0));
}
/** Whether the routes have to be made anew. Capabilities and endpoints are not routed by. */
export function hasRouteChanges(diff) {
    const { schemasAdded, schemasRemoved, schemasChanged, routingChanged, routesChecksumChanged, rulesChanged, } = diff;
    return (schemasAdded.length + schemasRemoved.length + schemasChanged.length > 0 ||
        routingChanged ||
        routesChecksumChanged ||
        rulesChanged);
}
/** All hashes of a type in one: a manifest may hold several schemas of a type. */
function hashesByType(schemas) {
    const hashes = new Map();
    for (const { type, hash } of schemas)
        hashes.set(type, `${hashes.get(type) ?? ''} ${hash}`);
    return hashes;
}
function without(list, others) {
    return list.filter((element) => !others.includes(element));
}
function mountOf({ strategy, basePath, subdomain, stripPrefix, priority }) {
    return { strategy, basePath, subdomain, stripPrefix, priority };
}
function rulesOf({ rewrite, pathRules }) {
    return { rewrite, pathRules };
}
//# sourceMappingURL=diff.js.map