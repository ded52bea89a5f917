/** GraphQL, gRPC and oRPC: few paths that carry many operations. */
import { isObject, stringOf } from '../../shared/json.js';
import { pathTemplate } from './path-template.js';
const SERVICE_NAME = /^[A-Za-z_][\w.]*$/;
/** @param endpoint path or URL from the manifest, or `''` for the usual one */
export function graphqlPaths(endpoint, complain) {
    // GET carries queries, and the upgrade to subscriptions.
    return single(pathOf(endpoint) || '/graphql', ['GET', 'POST'], 'graphql', complain);
}
export function orpcPaths(document, complain) {
    const transport = isObject(document) && isObject(document['transport']) ? document['transport'] : {};
    return single(pathOf(stringOf(transport['endpoint'])) || '/rpc', ['POST'], 'orpc', complain);
}
/** @param listed `metadata.grpc.services` of the manifest */
export function grpcPaths(document, listed, complain) {
    const methods = new Map();
    for (const { name, methodNames } of servicesOf(document)) {
        const known = methods.get(name) ?? new Set();
        for (const method of methodNames)
            known.add(method);
        methods.set(name, known);
    }
    for (const name of Array.isArray(listed) ? listed : []) {
        if (typeof name === 'string' && !methods.has(name))
            methods.set(name, new Set());
    }
    const found = [];
    for (const [name, names] of methods) {
        if (!SERVICE_NAME.test(name)) {
            complain(name, 'this is no name of a gRPC service');
            continue;
        }
        // A service of which only the name is known has all its methods behind one route.
        for (const method of names.size === 0 ? ['*'] : names) {
            if (method !== '*' && !/^\w+$/.test(method))
                complain(`${name}/${method}`, 'this is no name of a gRPC method');
            else
                found.push({
                    path: `/${name}/${method}`,
                    methods: ['POST'],
                    type: 'grpc',
                    timeout: 0,
                    unmounted: true,
                    key: '',
                    spelled: '',
                });
        }
    }
    return found;
}
/** A FileDescriptorSet as JSON (`{file: […]}`), or `{package, services: {…}}`, which older mergers write. */
function servicesOf(document) {
    if (!isObject(document))
        return [];
    const files = Array.isArray(document['file']) ? document['file'].filter(isObject) : [];
    const found = files.flatMap((file) => (Array.isArray(file['service']) ? file['service'].filter(isObject) : []).map((service) => ({
        name: qualified(stringOf(file['package']), stringOf(service['name'])),
        methodNames: namesIn(service['method']),
    })));
    if (isObject(document['services'])) {
        for (const [name, service] of Object.entries(document['services'])) {
            found.push({
                name: name.includes('.') ? name : qualified(stringOf(document['package']), name),
                methodNames: isObject(service) ? namesIn(service['methods']) : [],
            });
        }
    }
    return found.filter(({ name }) => name !== '');
}
function qualified(prefix, name) {
    return prefix === '' || name === '' ? name : `${prefix}.${name}`;
}
/** `[{name}]`, `["name"]` or `{name: …}`. */
function namesIn(value) {
    if (Array.isArray(value)) {
        return value
            .map((item) => (isObject(item) ? stringOf(item['name']) : stringOf(item)))
            .filter((name) => name !== '');
    }
    return isObject(value) ? Object.keys(value) : [];
}
function single(path, methods, type, complain) {
    const template = pathTemplate(path);
    if ('problem' in template) {
        complain(path, template.problem);
        return [];
    }
    return [{ path: template.path, methods, type, timeout: 0, unmounted: false, key: '', spelled: '' }];
}
/** Of a path or URL. */
function pathOf(text) {
    if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text))
        return text;
    return URL.canParse(text) ? new URL(text).pathname : '';
}
//# sourceMappingURL=rpc-paths.js.map