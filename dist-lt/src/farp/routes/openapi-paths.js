/** OpenAPI 2.0, 3.0 and 3.1: paths x methods. */
import { isObject, resolveRef, stringOf } from '../../shared/json.js';
import { pathTemplate } from './path-template.js';
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];
export function openApiPaths(document, complain) {
    if (!isObject(document)) {
        complain('', 'the OpenAPI document is no object');
        return [];
    }
    const { paths } = document;
    if (!isObject(paths))
        return [];
    const base = basePath(document);
    const found = [];
    for (const [path, unresolved] of Object.entries(paths)) {
        if (path.startsWith('x-'))
            continue;
        const item = resolveRef(document, unresolved);
        if (!isObject(item)) {
            complain(path, 'the reference of this path leads nowhere in the document');
            continue;
        }
        const methods = METHODS.filter((method) => isObject(resolveRef(document, item[method])));
        if (methods.length === 0)
            continue;
        const template = pathTemplate(base + path);
        if ('problem' in template)
            complain(path, template.problem);
        else {
            found.push({
                path: template.path,
                methods: methods.map((method) => method.toUpperCase()),
                type: 'openapi',
                timeout: 0,
                unmounted: false,
                key: path,
                spelled: base + path,
            });
        }
    }
    return found;
}
/**
 * What stands before every path on the service itself: the path of the first server (OpenAPI 3), or `basePath`. Only the
 * path is used: services list public addresses there, and a gateway that dialled them would call itself.
 */
function basePath(document) {
    const path = 'swagger' in document ? stringOf(document['basePath']) : firstServerPath(document['servers']);
    const rooted = path === '' || path.startsWith('/') ? path : `/${path}`;
    return rooted.replace(/\/+$/, '');
}
function firstServerPath(servers) {
    const server = Array.isArray(servers) ? servers[0] : undefined;
    if (!isObject(server))
        return '';
    const variables = isObject(server['variables']) ? server['variables'] : {};
    const url = stringOf(server['url']).replace(/\{([^{}]*)\}/g, (_, name) => {
        const variable = variables[name];
        return isObject(variable) ? String(variable['default'] ?? '') : '';
    });
    const relative = url.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, '').replace(/^\/\/[^/?#]*/, '');
    const [path] = relative.split(/[?#]/, 1);
    return path.replace(/^\.?\/+/, '/').replace(/^\.$/, '');
}
//# sourceMappingURL=openapi-paths.js.map