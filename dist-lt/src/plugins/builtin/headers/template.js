const PLACEHOLDER = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const VALUES = {
    client_ip: (exchange) => exchange.request.clientIp,
    host: (exchange) => exchange.request.host,
    method: (exchange) => exchange.request.method,
    path: (exchange) => exchange.request.path,
    query: (exchange) => exchange.request.query,
    request_id: (exchange) => exchange.requestId,
    route: (exchange) => exchange.route.path,
    scheme: (exchange) => exchange.request.scheme,
    trace_id: (exchange) => exchange.traceId,
};
export const PLACEHOLDERS = [...Object.keys(VALUES), 'param.NAME', 'header.NAME'];
/** What is wrong with a template, or `''`. */
export function templateProblem(text) {
    for (const [whole, name] of text.matchAll(PLACEHOLDER)) {
        if (whole === '{{' || whole === '}}')
            continue;
        if (name === undefined)
            return `a single ${whole}; write ${whole}${whole} for the character itself`;
        if (lookup(name) === undefined)
            return `an unknown placeholder; the known ones are ${PLACEHOLDERS.map((known) => `{${known}}`).join(', ')}`;
    }
    return '';
}
/** `null` when the text has no placeholders: use `literal(text)` as it is. */
export function compileTemplate(text) {
    const parts = [];
    let at = 0;
    let fixed = '';
    for (const match of text.matchAll(PLACEHOLDER)) {
        fixed += text.slice(at, match.index);
        at = match.index + match[0].length;
        const value = match[1] === undefined ? undefined : lookup(match[1]);
        if (value === undefined) {
            fixed += match[0].charAt(0);
            continue;
        }
        if (fixed !== '')
            parts.push(constant(fixed));
        fixed = '';
        parts.push(value);
    }
    if (parts.length === 0)
        return null;
    fixed += text.slice(at);
    if (fixed !== '')
        parts.push(constant(fixed));
    return join(parts);
}
/** A text without placeholders as it reaches the wire. */
export function literal(text) {
    return text.replaceAll('{{', '{').replaceAll('}}', '}');
}
function constant(text) {
    return () => text;
}
function join(parts) {
    return (exchange) => {
        let value = '';
        for (const part of parts)
            value += part(exchange);
        return wireSafe(value);
    };
}
function lookup(name) {
    if (Object.hasOwn(VALUES, name))
        return VALUES[name];
    const dot = name.indexOf('.');
    const argument = name.slice(dot + 1);
    if (dot < 0 || argument === '')
        return undefined;
    if (name.startsWith('param.'))
        return (exchange) => exchange.route.params[argument] ?? '';
    if (name.startsWith('header.'))
        return (exchange) => exchange.request.headers.get(argument) ?? '';
    return undefined;
}
const UNSAFE = /[^\x20-\x7e]/;
/**
 * Path parameters are percent-decoded, so a client can put CR and LF into them (rule B11). Such characters are encoded
 * again, rather than refused, so that no request fails because of a header added to it.
 */
function wireSafe(value) {
    if (!UNSAFE.test(value))
        return value;
    return value.replace(/[^\x20-\x7e]+/gu, (run) => encodeURIComponent(run.toWellFormed()));
}
//# sourceMappingURL=template.js.map