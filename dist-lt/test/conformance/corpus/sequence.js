/** Rules A14, A15, C5, C11: what follows a request on its connection. */
import { accepted, get, post, request, SMUGGLED } from './types.js';
const ok2 = { statuses: [200, 200], closes: false };
export const SEQUENCE = [
    // A14
    request('A14-two', 'two requests in one segment', `${get('X: 1')}${get('X: 2')}`, {
        ...ok2,
        seen: [{ has: [['X', '1']] }, { has: [['X', '2']] }],
    }),
    request('A14-post-get', 'a body, then a request', `${post(['Content-Length: 5'], 'hello')}${get()}`, {
        ...ok2,
        seen: [{ body: 'hello' }, { method: 'GET' }],
    }),
    request('A14-body-looks-like-request', 'a body that looks like a request is a body', post([`Content-Length: ${'GET /x HTTP/1.1\r\nHost: a\r\n\r\n'.length}`], 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n'), accepted({ body: 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n' })),
    request('A14-good-bad', 'a good request, then a malformed one', `${get()}GET /@CASE-MARK@ HTTP/1.1\r\nX y\r\n\r\n`, { statuses: [200, 400], closes: true, seen: [{}] }),
    request('A14-surplus', 'a byte too many after a body is the next request', `${post(['Content-Length: 2'], 'hi!')}\r\nHost: a\r\n\r\n`, { statuses: [200, [400, 501]], closes: true, seen: [{ body: 'hi' }] }),
    request('A14-after-close', 'nothing is answered after Connection: close', `${get('Connection: close')}${SMUGGLED}`, { statuses: [200], closes: true, seen: [{}] }),
    request('A14-1.0-close', 'nothing is answered after an HTTP/1.0 request', `GET /@CASE-MARK@ HTTP/1.0\r\nHost: a\r\n\r\n${SMUGGLED}`, { statuses: [200], closes: true, seen: [{}] }),
    request('A14-close-list', 'close among other connection options', `${get('Connection: X-A , CLOSE')}${SMUGGLED}`, { statuses: [200], closes: true, seen: [{}] }),
    // A15
    request('A15-get', 'GET with Content-Length', `GET /@CASE-MARK@ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`, accepted({ method: 'GET', body: 'hello' })),
    request('A15-get-chunked', 'GET with chunks', `GET /@CASE-MARK@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, accepted({ method: 'GET', body: 'hello' })),
    request('A15-delete', 'DELETE with Content-Length', `DELETE /@CASE-MARK@ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`, accepted({ method: 'DELETE', body: 'hello' })),
    request('A15-head', 'HEAD with Content-Length', `HEAD /@CASE-MARK@ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`, accepted({ method: 'HEAD', body: 'hello' })),
    request('A15-post-empty', 'POST without framing has no body', post([], ''), accepted({ method: 'POST', body: '' })),
    request('A15-zero', 'Content-Length: 0', post(['Content-Length: 0'], ''), accepted({ method: 'POST', body: '', has: [['Content-Length', '0']] })),
    // C5: the gateway answers without reading the body; what follows is still a body.
    request('C5-respond', 'the body of a request that the gateway answers itself is not a request', `POST /respond/@CASE-MARK@ HTTP/1.1\r\nHost: a\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, { statuses: [200], closes: false }, ['CVE-2025-4366']),
    request('C5-respond-chunked', 'the chunked body of a request that the gateway answers itself is not a request', `POST /respond/@CASE-MARK@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`, { statuses: [200], closes: 'either' }, ['CVE-2025-4366']),
    request('C5-bad-chunk', 'a bad chunk in an unread body', `POST /respond/@CASE-MARK@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${SMUGGLED}`, { statuses: [[200, 400]], closes: true }),
    // C11
    request('C11-h2c', 'an h2c upgrade is never forwarded', get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'), accepted({ lacks: ['Upgrade', 'HTTP2-Settings'] })),
    request('C11-upgrade-pipelined', 'bytes after an Upgrade request are a request, no tunnel', `${get('Connection: Upgrade', 'Upgrade: foo')}${get('X: 2')}`, { ...ok2, seen: [{ lacks: ['Upgrade'] }, { has: [['X', '2']] }] }, ['CVE-2026-2833', 'CVE-2024-23326']),
];
//# sourceMappingURL=sequence.js.map