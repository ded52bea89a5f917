import { HEX } from './characters.js';
const UNRESERVED = /[A-Za-z0-9\-._~]/;
/**
 * Rule B13: the one spelling of a path that routing, plugins and the endpoint all see. Encoded unreserved bytes are
 * decoded, other escapes get upper-case digits, dot segments are resolved, and what remains ambiguous is settled by the
 * policy. Called only for paths that hold `%`, `;`, `\`, `//` or `/.`; all others are canonical as they are.
 *
 * @returns null when the path must be refused
 */
export function canonicalPath(path, policy) {
    const decoded = normaliseEscapes(path, policy);
    if (decoded === null)
        return null;
    if (policy.parameters === 'reject' && decoded.includes(';'))
        return null;
    if (policy.backslash === 'reject' && decoded.includes('\\'))
        return null;
    const segments = decoded.split('/');
    const kept = [];
    for (let i = 1; i < segments.length; i++) {
        const segment = segments[i];
        const last = i === segments.length - 1;
        if (segment === '' && !last) {
            if (policy.doubleSlash === 'reject')
                return null;
            if (policy.doubleSlash === 'merge')
                continue;
        }
        if (hidesDotSegment(segment))
            return null;
        if (segment === '..') {
            kept.pop();
            if (last)
                kept.push('');
        }
        else if (segment === '.') {
            if (last)
                kept.push('');
        }
        else {
            kept.push(segment);
        }
    }
    return `/${kept.join('/')}`;
}
function normaliseEscapes(path, policy) {
    let result = '';
    let from = 0;
    for (;;) {
        const at = path.indexOf('%', from);
        if (at < 0)
            return result + path.slice(from);
        const high = HEX[path.charCodeAt(at + 1)] ?? 255;
        const low = HEX[path.charCodeAt(at + 2)] ?? 255;
        if (high === 255 || low === 255)
            return null;
        const byte = high * 16 + low;
        // NUL ends strings in C programs behind us; controls have no business in a path.
        if (byte < 0x20 || byte === 0x7f)
            return null;
        if (byte === 0x2f && policy.encodedSlash === 'reject')
            return null;
        if (byte === 0x5c && policy.backslash === 'reject')
            return null;
        const char = String.fromCharCode(byte);
        result += path.slice(from, at);
        result += byte < 0x80 && UNRESERVED.test(char) ? char : `%${path.slice(at + 1, at + 3).toUpperCase()}`;
        from = at + 3;
    }
}
/**
 * A segment such as `..%2f..%2fadmin` is one segment here but climbs for a server that decodes before it resolves. Also
 * `..;x`, which servlet containers read as `..`.
 */
function hidesDotSegment(segment) {
    if (!segment.includes('..'))
        return false;
    const parts = segment.replace(/%2F|%5C/g, '/').split(/[/\\]/);
    if (parts.length > 1)
        return parts.some((part) => part === '..' || part.startsWith('..;'));
    return segment.startsWith('..;');
}
//# sourceMappingURL=canonical-path.js.map