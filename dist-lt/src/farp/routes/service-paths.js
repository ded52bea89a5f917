/** Which paths a service has, by all that it says of itself. */
import { isObject, stringOf } from '../../shared/json.js';
import { INTERNAL_PATH_RULES, isPathIncluded } from '../manifest/path-rules.js';
import { asyncApiPaths } from './asyncapi-paths.js';
import { openApiPaths } from './openapi-paths.js';
import { pathTemplate } from './path-template.js';
import { graphqlPaths, grpcPaths, orpcPaths } from './rpc-paths.js';
const CATCH_ALL = {
    path: '/*',
    methods: [],
    type: 'catch-all',
    timeout: 0,
    unmounted: false,
    key: '',
    spelled: '',
};
/**
 * The route table if the manifest has one, then the schemas serve documentation only (7); else the schemas; and all
 * paths where a service says nothing of its own.
 */
export function servicePaths(service, complain) {
    const { manifest, schemas } = service;
    if (manifest === null)
        return [CATCH_ALL];
    const stated = manifest.routeTable.length > 0
        ? routeTablePaths(manifest, complain)
        : schemas.flatMap((schema) => schemaPaths(schema, manifest, complain));
    if (stated.length === 0 && saysNothing(manifest))
        return [CATCH_ALL];
    const rules = pathRules(service, manifest);
    return mergeSamePaths(stated.filter(({ path, unmounted }) => unmounted || isPathIncluded(rules, path)));
}
/**
 * The manifest's own rules may open the paths that services usually keep for themselves, but never those of the protocol.
 * A service that describes `/` in its schema means it.
 */
function pathRules({ instances }, manifest) {
    const open = instances.some(({ metadata }) => metadata['farp.include_internal_paths'] === 'true');
    const internal = open ? [] : INTERNAL_PATH_RULES.filter(({ pattern }) => pattern !== '/');
    return [{ pattern: '/_farp/**', include: false }, ...manifest.routing.pathRules, ...internal];
}
/**
 * What of a schema the gateway offers. With a route table the schema still describes what the table lists.
 */
export function documentedPaths(service, schema) {
    const { manifest } = service;
    if (manifest === null)
        return [];
    const rules = pathRules(service, manifest);
    const described = schemaPaths(schema, manifest, () => { }).filter(({ path }) => isPathIncluded(rules, path));
    if (manifest.routeTable.length === 0)
        return described;
    const listed = new Set(routeTablePaths(manifest, () => { }).map(({ path }) => nameless(path)));
    return listed.has('/*') ? described : described.filter(({ path }) => listed.has(nameless(path)));
}
function nameless(path) {
    return path.replace(/\{[^{}*]*\}/g, '{}');
}
/** Not the same as a schema that is empty or could not be had: those may not open everything. */
function saysNothing({ schemas, routeTable, endpoints, routing }) {
    const { openapi, asyncapi, graphql, grpcReflection } = endpoints;
    const places = `${openapi}${asyncapi}${graphql}`;
    return (schemas.length === 0 &&
        routeTable.length === 0 &&
        places === '' &&
        !grpcReflection &&
        routing.pathRules.length === 0);
}
function schemaPaths(schema, manifest, complain) {
    const about = (subject, message) => complain(`${schema.type} ${subject}`.trim(), message);
    const metadata = schema.metadata[schema.type];
    const own = isObject(metadata) ? metadata : {};
    switch (schema.type) {
        case 'openapi':
            return openApiPaths(schema.document, about);
        case 'asyncapi': {
            const assumed = manifest.capabilities.some((name) => name === 'websocket' || name === 'asyncapi');
            return asyncApiPaths(schema.document, stringOf(own['protocol']), assumed, about);
        }
        case 'graphql':
            return graphqlPaths(manifest.endpoints.graphql, about);
        case 'grpc':
            return grpcPaths(schema.document, own['services'], about);
        case 'orpc':
            return orpcPaths(schema.document, about);
        default:
            return [];
    }
}
function routeTablePaths(manifest, complain) {
    const found = [];
    for (const { path, methods, protocol, timeout } of manifest.routeTable) {
        const template = pathTemplate(path === '*' ? '/*' : path);
        if ('problem' in template) {
            complain(`route_table ${path}`, template.problem);
            continue;
        }
        found.push({
            path: template.path,
            methods: methods.length > 0 ? methods : methodsOf(protocol),
            type: 'route-table',
            timeout,
            unmounted: protocol === 'grpc',
            key: '',
            spelled: '',
        });
    }
    return found;
}
function methodsOf(protocol) {
    if (protocol === 'websocket' || protocol === 'sse')
        return ['GET'];
    if (protocol === 'grpc')
        return ['POST'];
    return protocol === 'graphql' ? ['GET', 'POST'] : [];
}
/** Forge lists one method per entry; one route for all of them is cheaper and easier to read. */
function mergeSamePaths(paths) {
    const merged = new Map();
    for (const path of paths) {
        const key = `${path.type} ${path.timeout} ${path.path}`;
        const earlier = merged.get(key);
        if (earlier === undefined)
            merged.set(key, path);
        else {
            const all = earlier.methods.length === 0 || path.methods.length === 0;
            merged.set(key, {
                ...earlier,
                methods: all ? [] : [...new Set([...earlier.methods, ...path.methods])],
            });
        }
    }
    return [...merged.values()];
}
//# sourceMappingURL=service-paths.js.map