export function describeMethods(route) {
    return route.methods.length === 0 ? 'any' : route.methods.join(',');
}
export function describeHost(route) {
    return route.host === '' ? 'any' : route.host;
}
/** `header x-version=2, query beta~^1`; `''` when there are none. */
export function describeConditions(route) {
    const describe = (where) => (field) => {
        return `${where} ${field.name}${field.kind === 'regex' ? '~' : '='}${field.value}`;
    };
    return [...route.headers.map(describe('header')), ...route.query.map(describe('query'))].join(', ');
}
export function describeAction(action) {
    switch (action.kind) {
        case 'redirect':
            return `redirect ${action.status} ${action.location}`;
        case 'respond':
            return `respond ${action.status}`;
        case 'control':
            return 'the gateway itself';
        case 'proxy': {
            const { targets } = action;
            if (targets.length === 1)
                return `upstream ${targets[0].upstream}`;
            return `split ${targets.map(({ upstream, weight }) => `${upstream}:${weight}`).join(', ')}`;
        }
    }
}
/** Where the route is written, or else which source gave it. */
export function describeOrigin(route) {
    return route.origin === '' ? route.source : route.origin;
}
//# sourceMappingURL=describe-route.js.map