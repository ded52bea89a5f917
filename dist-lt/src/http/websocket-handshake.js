/** Both halves of the opening handshake of a WebSocket (RFC 6455 section 4; rules C11 and E1). */
import { createHash } from 'node:crypto';
import { KIND_CONNECTION, KIND_UPGRADE } from './field-kind.js';
import { BODY_CHUNKED } from './framing.js';
/** RFC 6455 section 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const VERSION = '13';
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
/** Field lines of both messages of the handshake; the originals are hop-by-hop and do not pass. */
export const UPGRADE_LINES = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
/**
 * Whether a request wants to become a WebSocket: HTTP/1.1 GET with `Connection: Upgrade` and a protocol list that has
 * `websocket` in it. Everything else about Upgrade is for the next hop only and may be ignored (RFC 9110 section 7.8).
 */
export function asksForWebSocket(head) {
    return (head.upgrade && head.method === 'GET' && hasToken(head.headers.listOfKind(KIND_UPGRADE), 'websocket'));
}
export const HANDSHAKE_OK = 0;
export const HANDSHAKE_MALFORMED = 1;
/** A version other than 13, which the answer has to name. */
export const HANDSHAKE_VERSION = 2;
/** @returns one of the HANDSHAKE_* */
export function checkRequest(head) {
    const { headers } = head;
    // A body would stand between the handshake and the first frame, and its end is where the two servers could disagree.
    if (head.contentLength > 0 || head.bodyKind === BODY_CHUNKED)
        return HANDSHAKE_MALFORMED;
    if (only(headers, 'sec-websocket-version') !== VERSION)
        return HANDSHAKE_VERSION;
    return KEY.test(only(headers, 'sec-websocket-key')) ? HANDSHAKE_OK : HANDSHAKE_MALFORMED;
}
/**
 * Whether a 101 of an endpoint accepts just this handshake.
 *
 * @returns `''`, or what is wrong with it
 */
export function checkResponse(request, response) {
    const { headers } = response;
    if (response.version !== 11)
        return '101 in an HTTP/1.0 response';
    if (headers.listOfKind(KIND_UPGRADE).toLowerCase() !== 'websocket')
        return '101 to another protocol';
    if (!hasToken(headers.listOfKind(KIND_CONNECTION), 'upgrade'))
        return '101 without Connection: Upgrade';
    const accept = acceptFor(only(request, 'sec-websocket-key'));
    if (only(headers, 'sec-websocket-accept') !== accept)
        return 'wrong Sec-WebSocket-Accept';
    const protocol = headers.get('sec-websocket-protocol');
    if (protocol === undefined)
        return '';
    const offered = request.getAll('sec-websocket-protocol').join();
    return hasExactToken(offered, protocol) ? '' : 'a subprotocol that the client did not offer';
}
/** The Sec-WebSocket-Accept that belongs to a key. */
export function acceptFor(key) {
    return createHash('sha1')
        .update(key + ACCEPT_SUFFIX)
        .digest('base64');
}
/** The value of a field that may stand there once; `''` when it is missing or repeated. */
function only(headers, name) {
    const values = headers.getAll(name);
    return values.length === 1 ? values[0] : '';
}
function hasToken(list, token) {
    return hasExactToken(list.toLowerCase(), token);
}
function hasExactToken(list, token) {
    return list.split(',').some((part) => part.trim() === token);
}
//# sourceMappingURL=websocket-handshake.js.map