import { linearRegExp } from './linear-regexp.js';
/** Compiled once per rule; a snapshot hands out the same record for every request of a route. */
const regexes = new WeakMap();
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const ILLEGAL = /[^!-~]+|[#?]/g;
/**
 * The path that the endpoint sees: without the prefix (which must end at a segment boundary), with the first match of
 * the first rule that matches replaced, behind the added prefix. Always begins with `/` and is fit for a request line.
 *
 * @param path canonical path, without query
 */
export function rewritePath(rewrite, path) {
    let result = stripPrefix(path, rewrite.stripPrefix);
    if (rewrite.rules.length > 0)
        result = replace(rewrite.rules, result);
    return joinPrefix(rewrite.addPrefix, result);
}
function stripPrefix(path, prefix) {
    const length = prefix.endsWith('/') ? prefix.length - 1 : prefix.length;
    if (length === 0 || !path.startsWith(length === prefix.length ? prefix : prefix.slice(0, -1)))
        return path;
    if (path.length === length)
        return '/';
    return path.charCodeAt(length) === 0x2f ? path.slice(length) : path;
}
/**
 * A replacement that would make a dot segment is not applied: a client could otherwise choose its path so that the
 * rewrite leads out of the part of the service that the route was meant for.
 */
function replace(rules, path) {
    for (const rule of rules) {
        const regex = regexOf(rule);
        if (!regex.test(path))
            continue;
        const replaced = path.replace(regex, rule.replacement);
        if (replaced === path)
            return path;
        const rooted = replaced.startsWith('/') ? replaced : `/${replaced}`;
        return DOT_SEGMENT.test(rooted) ? path : rooted.replace(ILLEGAL, percentEncode);
    }
    return path;
}
function regexOf(rule) {
    let regex = regexes.get(rule);
    if (regex === undefined) {
        regex = rule.linear ? linearRegExp(rule.pattern) : new RegExp(rule.pattern);
        regexes.set(rule, regex);
    }
    return regex;
}
/** Controls and spaces would break the request line (rule B11); `?` and `#` would end the path. */
function percentEncode(text) {
    let escaped = '';
    for (const byte of Buffer.from(text))
        escaped += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    return escaped;
}
function joinPrefix(prefix, path) {
    if (prefix === '' || prefix === '/')
        return path;
    const joined = prefix.endsWith('/') ? prefix + path.slice(1) : prefix + path;
    return joined.startsWith('/') ? joined : `/${joined}`;
}
//# sourceMappingURL=rewrite.js.map