/** The message reaches the origin as one request and the connection stays open. */
export function accepted(seen = {}) {
    return { statuses: [200], closes: false, seen: [seen] };
}
/** The gateway refuses and closes; the origin gets no complete request. */
export function refused(status, code) {
    return { statuses: [status], closes: true, ...(code === undefined ? {} : { code }) };
}
/** A request that an attacker hides behind or inside another one. */
export const SMUGGLED = 'GET /smuggled/@CASE-MARK@ HTTP/1.1\r\nHost: a\r\n\r\n';
/** A GET for this run with more field lines. */
export function get(...fields) {
    return ['GET /@CASE-MARK@ HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');
}
/** A POST for this run: field lines and the bytes of its body. */
export function post(fields, body) {
    return `${['POST /@CASE-MARK@ HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n')}${body}`;
}
/** A chunked POST. */
export function chunked(body) {
    return post(['Transfer-Encoding: chunked'], body);
}
/** A request with this request line and nothing but a Host. */
export function line(requestLine, host = 'a') {
    return `${requestLine}\r\nHost: ${host}\r\n\r\n`;
}
export function request(id, title, bytes, expect, advisories) {
    return { id, title, bytes, expect, ...(advisories ? { advisories } : {}) };
}
export function response(id, title, bytes, after, expect, more = {}) {
    return { id, title, bytes, after, expect, ...more };
}
//# sourceMappingURL=types.js.map