import { isIP } from 'node:net';
import { KIND_X_FORWARDED_FOR } from '../http/field-kind.js';
/**
 * The client's address (rule B6): the peer, or behind trusted proxies the rightmost address of X-Forwarded-For that is
 * not a trusted proxy itself. What stands further left was written by nobody we know.
 */
export function clientAddress(peer, headers, trustedProxies) {
    if (!peer.trusted)
        return peer.ip;
    const hops = headers.listOfKind(KIND_X_FORWARDED_FOR).split(',');
    let client = peer.ip;
    for (let i = hops.length - 1; i >= 0; i--) {
        const hop = bareAddress(hops[i].trim());
        if (hop === '')
            break;
        client = hop;
        if (!trustedProxies.has(hop))
            break;
    }
    return client;
}
/** Some proxies add the port: `192.0.2.1:1234`, `[2001:db8::1]:1234`. */
function bareAddress(text) {
    if (isIP(text) !== 0)
        return text;
    const match = /^\[([0-9A-Fa-f:.]+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text);
    const address = match?.[1] ?? match?.[2] ?? '';
    return isIP(address) === 0 ? '' : address;
}
//# sourceMappingURL=client-address.js.map