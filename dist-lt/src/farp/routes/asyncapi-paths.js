/** AsyncAPI 2 and 3: channels that HTTP can carry, which are WebSockets and event streams. */
import { isObject, resolveRef, stringOf } from '../../shared/json.js';
import { pathTemplate } from './path-template.js';
const WEB = /^(?:wss?|websockets?|sse|https?)$/i;
/**
 * @param assumed what carries the channels when neither the document nor the manifest says so: true for WebSocket
 * @param stated `metadata.asyncapi.protocol` of the manifest, or `''`
 */
export function asyncApiPaths(document, stated, assumed, complain) {
    if (!isObject(document)) {
        complain('', 'the AsyncAPI document is no object');
        return [];
    }
    const channels = isObject(document['channels']) ? document['channels'] : {};
    const servers = isObject(document['servers']) ? document['servers'] : {};
    const found = [];
    for (const [key, unresolved] of Object.entries(channels)) {
        const channel = resolveRef(document, unresolved);
        if (!isObject(channel)) {
            complain(key, 'the reference of this channel leads nowhere in the document');
            continue;
        }
        if (!isCarriedByHttp(document, servers, channel, stated, assumed))
            continue;
        const address = addressOf(channel, key);
        if (address === '')
            continue;
        const rooted = address.startsWith('/') ? address : `/${address}`;
        const template = pathTemplate(rooted);
        if ('problem' in template)
            complain(key, template.problem);
        // Both begin with a GET; the upgrade or the media type decides.
        else
            found.push({
                path: template.path,
                methods: ['GET'],
                type: 'asyncapi',
                timeout: 0,
                unmounted: false,
                key,
                spelled: rooted,
            });
    }
    return found;
}
/** AsyncAPI 3 has the address inside the channel, where null says that nobody knows it before run time. */
function addressOf(channel, key) {
    return 'address' in channel ? stringOf(channel['address']) : key;
}
function isCarriedByHttp(document, servers, channel, stated, assumed) {
    const bindings = resolveRef(document, channel['bindings']);
    const bound = isObject(bindings) ? Object.keys(bindings).filter((name) => !name.startsWith('x-')) : [];
    if (bound.length > 0)
        return bound.some((name) => WEB.test(name));
    const protocols = protocolsOf(document, servers, channel['servers']);
    if (protocols.length > 0)
        return protocols.some((protocol) => WEB.test(protocol));
    return stated === '' ? assumed : WEB.test(stated);
}
/** A channel lists its servers by name (2.x) or by reference (3.x); without a list it is on all of them. */
function protocolsOf(document, servers, listed) {
    const own = Array.isArray(listed) && listed.length > 0;
    const candidates = own
        ? listed.map((item) => (typeof item === 'string' ? servers[item] : item))
        : Object.values(servers);
    return candidates
        .map((candidate) => resolveRef(document, candidate))
        .filter(isObject)
        .map((server) => stringOf(server['protocol']))
        .filter((protocol) => protocol !== '');
}
//# sourceMappingURL=asyncapi-paths.js.map