import { checkRequest, HANDSHAKE_MALFORMED, HANDSHAKE_VERSION } from '../http/websocket-handshake.js';
/** A 426 names what would do (RFC 6455 section 4.4, RFC 9110 section 15.5.22). */
export const VERSION_LINES = 'Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
/** @returns the error to answer with, or `''` when the handshake may go to the endpoint */
export function refuseWebSocket(head, route, downstream) {
    const { webSocketOrigins } = route;
    if (webSocketOrigins === null || downstream.switchProtocols === undefined)
        return 'upgrade_not_allowed';
    const handshake = checkRequest(head);
    if (handshake === HANDSHAKE_VERSION)
        return 'websocket_version';
    if (handshake === HANDSHAKE_MALFORMED)
        return 'bad_websocket_handshake';
    // Browsers send cookies along with the handshake of any page and do not ask for permission first as they do with
    // fetch: without this check a page of a stranger acts as the user. Programs send no Origin.
    const origin = head.headers.get('origin');
    if (origin === undefined || webSocketOrigins.has(origin.toLowerCase()))
        return '';
    return 'forbidden';
}
//# sourceMappingURL=websocket-admission.js.map