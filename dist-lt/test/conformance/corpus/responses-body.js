/** Rules C1, C2, C6, C7: where a response ends. */
import { response } from './types.js';
const head = (...lines) => `${lines.join('\r\n')}\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK';
const passes = (body, more = {}) => ({
    status: 200,
    body,
    reusable: true,
    ...more,
});
function truncated(id, title, bytes, after) {
    return { id, title, bytes, after, expect: { status: 200, truncated: true, reusable: false } };
}
/** Bytes after a response can only be told from the next response while no next request is sent. */
const SURPLUS = { wholeOnly: true };
export const RESPONSE_BODIES = [
    // C1: the gateway frames anew.
    response('C1-length', 'Content-Length passes', `${head(OK, 'Content-Length: 5')}hello`, 'keep', passes('hello', { has: [['Content-Length', '5']] })),
    response('C1-zero', 'Content-Length: 0', head(OK, 'Content-Length: 0'), 'keep', passes('', { has: [['Content-Length', '0']] })),
    response('C1-zeros', 'leading zeros in Content-Length', `${head(OK, 'Content-Length: 005')}hello`, 'keep', passes('hello')),
    response('C1-chunked', 'chunks pass, without extensions', `${head(OK, 'Transfer-Encoding: Chunked')}2;x=y\r\nhe\r\n3\r\nllo\r\n0;z\r\n\r\n`, 'keep', passes('hello', { has: [['Transfer-Encoding', 'chunked']], lacks: ['Content-Length'] })),
    response('C1-chunked-empty', 'an empty chunked body', `${head(OK, 'Transfer-Encoding: chunked')}0\r\n\r\n`, 'keep', passes('')),
    response('C1-close', 'a body that ends with the connection becomes chunked', `${head(OK)}hello`, 'close', passes('hello', { lacks: ['Content-Length'], reusable: false })),
    response('C1-close-1.0', 'an HTTP/1.0 response', `${head('HTTP/1.0 200 OK')}hello`, 'close', passes('hello', { reusable: false })),
    response('C1-1.0-length', 'an HTTP/1.0 response with Content-Length is not reused', `${head('HTTP/1.0 200 OK', 'Content-Length: 5')}hello`, 'close', passes('hello', { reusable: false })),
    response('C1-surplus', 'bytes after a complete response are not the next response', `${head(OK, 'Content-Length: 5')}helloHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`, 'keep', passes('hello', { reusable: false }), SURPLUS),
    response('C1-surplus-chunked', 'bytes after the last chunk are not the next response', `${head(OK, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`, 'keep', passes('hello', { reusable: false }), SURPLUS),
    response('C1-no-reason', 'a status line without a reason phrase', `${head('HTTP/1.1 200 ', 'Content-Length: 2')}hi`, 'keep', passes('hi')),
    response('C1-odd-status', 'a status code that has no name', `${head('HTTP/1.1 299 Odd', 'Content-Length: 2')}hi`, 'keep', { status: 299, body: 'hi', reusable: true }),
    response('C1-upstream-close', 'Connection: close from the upstream stays on its hop', `${head(OK, 'Connection: close', 'Content-Length: 2')}hi`, 'close', passes('hi', { lacks: ['Connection'], reusable: false })),
    // C2: a body cut short must be seen.
    truncated('C2-length-close', 'short of Content-Length, closed', `${head(OK, 'Content-Length: 10')}hello`, 'close'),
    truncated('C2-length-reset', 'short of Content-Length, reset', `${head(OK, 'Content-Length: 10')}hello`, 'reset'),
    truncated('C2-chunk-close', 'closed inside a chunk', `${head(OK, 'Transfer-Encoding: chunked')}a\r\nhello`, 'close'),
    truncated('C2-last-chunk-close', 'closed without the last chunk', `${head(OK, 'Transfer-Encoding: chunked')}5\r\nhello\r\n`, 'close'),
    truncated('C2-last-line-close', 'closed before the end of the trailer section', `${head(OK, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n`, 'close'),
    response('C2-until-close-reset', 'a body that ends with the connection, reset', `${head(OK)}hello`, 'reset', { status: 200, truncated: true, reusable: false }, { afterClientHas: true }),
    response('C2-head', 'closed inside the head', 'HTTP/1.1 200 OK\r\nContent-Le', 'close', {
        status: 502,
        reusable: false,
    }),
    response('C2-nothing', 'closed without a byte', '', 'close', {
        status: 502,
        code: 'upstream_reset',
        reusable: false,
    }),
    response('C2-reset', 'reset without a byte', '', 'reset', {
        status: 502,
        code: 'upstream_reset',
        reusable: false,
    }),
    // C6: responses without a body.
    response('C6-head', 'HEAD keeps the Content-Length of the GET', head(OK, 'Content-Length: 5'), 'keep', passes('', { has: [['Content-Length', '5']] }), { method: 'HEAD' }),
    response('C6-head-chunked', 'HEAD with Transfer-Encoding has no body', head(OK, 'Transfer-Encoding: chunked'), 'keep', passes(''), { method: 'HEAD' }),
    response('C6-head-body', 'HEAD answered with a body: the body goes nowhere', `${head(OK, 'Content-Length: 5')}hello`, 'keep', passes('', { reusable: false }), { method: 'HEAD', ...SURPLUS }),
    response('C6-204', '204', head('HTTP/1.1 204 No Content'), 'keep', {
        status: 204,
        body: '',
        reusable: true,
    }),
    response('C6-204-body', '204 with a body: the body goes nowhere', `${head('HTTP/1.1 204 No Content', 'Content-Length: 5')}hello`, 'keep', { status: [204, 502], body: '', reusable: false }, SURPLUS),
    response('C6-304', '304 keeps its Content-Length', head('HTTP/1.1 304 Not Modified', 'ETag: "x"', 'Content-Length: 5'), 'keep', { status: 304, body: '', has: [['ETag', '"x"']], reusable: true }),
    response('C6-205', '205', head('HTTP/1.1 205 Reset Content', 'Content-Length: 0'), 'keep', {
        status: 205,
        body: '',
        reusable: true,
    }),
    // C7: interim responses.
    response('C7-103', '103 is forwarded', `${head('HTTP/1.1 103 Early Hints', 'Link: </a.css>; rel=preload')}${head(OK, 'Content-Length: 2')}hi`, 'keep', passes('hi', { interim: [103] })),
    response('C7-102', '102 is forwarded', `${head('HTTP/1.1 102 Processing')}${head(OK, 'Content-Length: 2')}hi`, 'keep', passes('hi', { interim: [102] })),
    response('C7-103-twice', 'two 103 are forwarded in order', `${head('HTTP/1.1 103 Early Hints', 'Link: </a>')}${head('HTTP/1.1 103 Early Hints', 'Link: </b>')}${head(OK, 'Content-Length: 2')}hi`, 'keep', passes('hi', { interim: [103, 103] })),
    response('C7-103-1.0', '103 is not sent to an HTTP/1.0 client', `${head('HTTP/1.1 103 Early Hints', 'Link: </a.css>; rel=preload')}${head(OK, 'Content-Length: 2')}hi`, 'keep', passes('hi', { interim: [] }), { version: '1.0' }),
    response('C7-100', 'an unsolicited 100 is dropped', `${head('HTTP/1.1 100 Continue')}${head(OK, 'Content-Length: 2')}hi`, 'keep', passes('hi', { interim: [] })),
    response('C7-101', 'an unsolicited 101 is a 502', head('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: foo'), 'keep', { status: 502, reusable: false }),
    response('C7-101-200', 'an unsolicited 101 followed by a response is a 502', `${head('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: foo')}${head(OK, 'Content-Length: 2')}hi`, 'keep', { status: 502, reusable: false }),
];
//# sourceMappingURL=responses-body.js.map