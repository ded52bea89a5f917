/** `https://example.com` so far: what follows still belongs to the host until a "/" comes. */
const IN_AUTHORITY = /^([A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?#]*$/;
const IN_QUERY = /[?#]/;
/** What a path or query may not hold (RFC 3986 sections 3.3 and 3.4); a backslash is a slash to browsers. */
const NOT_IN_URI = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/g;
/** All that could end or divide a query parameter or a host name. Escapes in the capture stay as they are. */
const NOT_IN_VALUE = /[^A-Za-z0-9\-._~%]/g;
const SEVERAL_SLASHES = /^\/{2,}/;
/**
 * Fills the placeholders of a redirect's `location`: `{path}` (canonical), `{query}` and `{host}` (without port) of the
 * request, and the parameters of the route, which win when they bear the same name.
 *
 * A client chooses what is captured, so a capture never gets out of the part of the URL it stands in: it keeps its
 * escapes (`%2F` begins no segment, `%3F` no query), and no capture turns the path into a host (`//evil.example`).
 *
 * @param captures the parameters as they stand in the canonical path
 */
export function redirectLocation(template, captures, head) {
    if (!template.includes('{'))
        return template;
    const location = template.replace(/\{([^{}]+)\}/g, (whole, name, at) => {
        const before = template.slice(0, at);
        const captured = captures[name];
        if (captured !== undefined) {
            const value = IN_QUERY.test(before) || IN_AUTHORITY.test(before);
            return captured.replace(value ? NOT_IN_VALUE : NOT_IN_URI, escapeByte);
        }
        switch (name) {
            case 'path':
                // As the value of a parameter it must come back from decoding as it is here.
                if (IN_QUERY.test(before))
                    return encodeURIComponent(head.path.replace(NOT_IN_URI, escapeByte));
                return head.path.replace(NOT_IN_URI, escapeByte);
            case 'query':
                return head.search.slice(1).replace(NOT_IN_URI, escapeByte);
            case 'host':
                return head.host;
            default:
                return whole;
        }
    });
    return template.startsWith('//') ? location : location.replace(SEVERAL_SLASHES, '/');
}
/** The head is latin1 text: one character is one byte. */
function escapeByte(char) {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
//# sourceMappingURL=redirect-location.js.map