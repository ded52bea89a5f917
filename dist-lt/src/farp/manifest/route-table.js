import { isToken } from '../../http/characters.js';
import { parseDuration } from '../../shared/units.js';
/** Of one service: more are a mistake or an attack (16). */
export const MAX_ROUTES = 5_000;
/** 1.11. Unknown protocols are kept: whoever makes routes of the table says what it cannot do. */
export function parseRouteTable(fields) {
    return fields.objects('route_table').flatMap((route) => {
        const path = route.string('path');
        if (!path.startsWith('/') && path !== '*') {
            route.warn('path', 'must begin with "/"; the route is ignored');
            return [];
        }
        return [
            {
                path,
                methods: parseMethods(route),
                protocol: route.string('protocol').toLowerCase() || 'rest',
                operationId: route.string('operation_id'),
                timeout: durationOf(route, 'timeout'),
                deprecated: route.boolean('deprecated'),
                metadata: route.record('metadata'),
            },
        ];
    });
}
function parseMethods(route) {
    const methods = route.strings('methods').map((method) => method.toUpperCase());
    const usable = methods.filter((method) => isToken(method));
    if (usable.length < methods.length)
        route.warn('methods', 'what is no method name is ignored');
    // A list of nothing but nonsense must not come to mean every method.
    return methods.length > 0 && usable.length === 0 ? ['GET'] : [...new Set(usable)];
}
/** Milliseconds of a Go duration; 0 when it is absent or none. */
export function durationOf(fields, name) {
    const text = fields.string(name);
    if (text === '' || text === '0')
        return 0;
    const milliseconds = parseDuration(text);
    if (milliseconds === null)
        fields.warn(name, 'no duration; ignored');
    return milliseconds ?? 0;
}
//# sourceMappingURL=route-table.js.map