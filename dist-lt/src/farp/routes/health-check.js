/**
 * The path that the service states for its health, checked the way that `routing.health_check` says. An answer that is
 * no server error counts as life: a path that the service has misspelt must not take it down.
 */
export function healthCheckOf({ manifest, instances }, template) {
    const stated = manifest?.endpoints.health ?? '';
    if (template === null || stated === '')
        return null;
    const path = pathAtInstances(stated, instances.map(({ port }) => port));
    return path === '' ? null : { ...template, path, expect: [[200, 499]] };
}
/** A URL with another port than the endpoints is checked by nobody here. */
function pathAtInstances(stated, ports) {
    if (stated.startsWith('/'))
        return /[\s#]/.test(stated) ? '' : stated;
    if (!URL.canParse(stated))
        return '';
    const url = new URL(stated);
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    return ports.every((other) => other === port) ? url.pathname + url.search : '';
}
//# sourceMappingURL=health-check.js.map