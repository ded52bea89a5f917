export function referenceFind(routes, request) {
    const candidates = [];
    routes.forEach((route, order) => {
        const params = pathRegex(route.path).exec(request.path);
        if (params === null || !hostMatches(route.host, request.host))
            return;
        if (!holds(route.headers, request.headers) || !holds(route.query, request.query))
            return;
        candidates.push({ route, order, tokens: pathTokens(route.path), params: params.slice(1) });
    });
    const methodRank = ({ route }) => {
        if (route.methods.length === 0)
            return 2;
        if (route.methods.includes(request.method))
            return 0;
        return request.method === 'HEAD' && route.methods.includes('GET') ? 1 : 3;
    };
    const [best] = candidates
        .filter((candidate) => methodRank(candidate) < 3)
        .sort((a, b) => b.route.priority - a.route.priority ||
        hostRank(b.route.host) - hostRank(a.route.host) ||
        compareTokens(a.tokens, b.tokens) ||
        predicateCount(b.route) - predicateCount(a.route) ||
        methodRank(a) - methodRank(b) ||
        a.order - b.order);
    if (best !== undefined)
        return { route: best.route, params: best.params, allowed: [] };
    const allowed = new Set(candidates.flatMap(({ route }) => route.methods));
    if (allowed.has('GET'))
        allowed.add('HEAD');
    return { route: null, params: [], allowed: [...allowed].sort() };
}
function pathRegex(pattern) {
    const source = pattern
        .split(/(\{[^}]*\}|\/\*$)/)
        .map((part) => {
        if (part === '/*')
            return '/.*';
        if (part.endsWith('*}'))
            return '(.+)';
        if (part.startsWith('{'))
            return '([^/]+?)';
        return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
        .join('');
    return new RegExp(`^${source}$`);
}
/** One token per literal character, per parameter segment, per tail; the first difference decides. */
function pathTokens(pattern) {
    const tokens = [];
    pattern.split('/').forEach((segment, i) => {
        if (i > 0)
            tokens.push('1/');
        if (segment === '*')
            tokens.push('4');
        else if (segment.endsWith('*}'))
            tokens.push('3');
        else {
            const open = segment.indexOf('{');
            for (const char of open < 0 ? segment : segment.slice(0, open))
                tokens.push(`1${char}`);
            if (open < 0)
                return;
            const literals = segment.slice(open).replace(/\{[^}]*\}/g, '\n');
            const length = literals.replaceAll('\n', '').length;
            tokens.push(`2${String(1000 - length).padStart(4, '0')}${literals}`);
        }
    });
    tokens.push('0');
    return tokens;
}
function compareTokens(a, b) {
    const at = a.findIndex((token, i) => token !== b[i]);
    if (at < 0)
        return 0;
    return a[at] < (b[at] ?? '') ? -1 : 1;
}
function hostMatches(pattern, host) {
    if (pattern === '')
        return true;
    if (!pattern.startsWith('*'))
        return pattern === host;
    return host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1;
}
function hostRank(pattern) {
    if (pattern === '')
        return 0;
    return pattern.startsWith('*') ? pattern.length : 1000;
}
function holds(predicates, fields) {
    return predicates.every(({ name, kind, value }) => {
        const actual = fields.get(name);
        return actual !== undefined && (kind === 'exact' ? actual === value : new RegExp(value).test(actual));
    });
}
function predicateCount(route) {
    return route.headers.length + route.query.length;
}
//# sourceMappingURL=reference-router.js.map