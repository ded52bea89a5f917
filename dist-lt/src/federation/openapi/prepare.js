/** One service's document in the form that the merge works with: 3.1, only what is exposed, nothing above operations. */
import { upgrade } from '@scalar/openapi-upgrader';
import { isObject, listOf, objectOf, resolveRef, stringOf } from '../../shared/json.js';
import { compositionOf } from './composition.js';
export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
/** @throws Error when the document is none that can be brought to OpenAPI 3.1 */
export function prepare(service, schema) {
    const document = toLatest(schema.document);
    const composition = compositionOf(schema.metadata);
    const security = Array.isArray(document['security'])
        ? document['security']
        : composition.defaultSecurity.length > 0
            ? [...composition.defaultSecurity]
            : null;
    const operations = [];
    for (const [path, unresolved] of Object.entries(objectOf(document['paths']))) {
        const gatewayPath = schema.paths[path];
        const item = resolveRef(document, unresolved);
        if (gatewayPath === undefined || !isObject(item))
            continue;
        for (const method of METHODS) {
            const operation = resolveRef(document, item[method]);
            if (!isObject(operation))
                continue;
            const body = wholeOperation(document, item, operation, gatewayPath, security);
            operations.push({ method, path: gatewayPath, host: schema.host, body });
        }
    }
    const { componentPrefix } = composition;
    return { service: service.name, document, componentPrefix, composition, operations, paths: schema.paths };
}
function toLatest(document) {
    if (!isObject(document))
        throw new Error('it is no object');
    const version = stringOf(document['openapi']) || stringOf(document['swagger']);
    if (!/^(?:2\.0|3\.[01])/.test(version))
        throw new Error(`its version is ${JSON.stringify(version)}, not 2.0, 3.0 or 3.1`);
    // The upgrade works in place on parts of its input.
    const upgraded = upgrade(structuredClone(document), '3.1');
    if (!isObject(upgraded))
        throw new Error('it cannot be brought to OpenAPI 3.1');
    return upgraded;
}
/** With all that the path item and the document say of it; servers go, because the gateway is the server. */
function wholeOperation(document, item, operation, path, security) {
    const { servers: _, ...body } = operation;
    const parameters = allParameters(document, item, operation, path);
    if (parameters.length > 0)
        body['parameters'] = parameters;
    if (security !== null && !Array.isArray(operation['security']))
        body['security'] = structuredClone(security);
    for (const key of ['summary', 'description']) {
        if (typeof item[key] === 'string' && body[key] === undefined)
            body[key] = item[key];
    }
    return structuredClone(body);
}
/** Those of the operation replace those of the path item; parameters of the path that nobody declares are text. */
function allParameters(document, item, operation, path) {
    const byKey = new Map();
    for (const parameter of [...listOf(item['parameters']), ...listOf(operation['parameters'])]) {
        const resolved = resolveRef(document, parameter);
        if (!isObject(resolved))
            continue;
        // Those of the path may have to take another name, together with it.
        const key = `${stringOf(resolved['in'])} ${stringOf(resolved['name'])}`;
        byKey.set(key, resolved['in'] === 'path' ? resolved : parameter);
    }
    const names = parameterNames(path);
    for (const name of names) {
        const key = `path ${name}`;
        if (!byKey.has(key))
            byKey.set(key, { name, in: 'path', required: true, schema: { type: 'string' } });
    }
    // One that the path does not have would make the document invalid.
    return [...byKey]
        .filter(([key]) => !key.startsWith('path ') || names.includes(key.slice(5)))
        .map(([, value]) => value);
}
export function parameterNames(path) {
    return [...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '');
}
//# sourceMappingURL=prepare.js.map