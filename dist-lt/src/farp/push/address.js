/** Where a service that registered itself is to be reached from here. */
import { isIP } from 'node:net';
import { parseHostPort } from '../../config/values.js';
import { IpSet } from '../../shared/ip.js';
const LOOPBACK = new IpSet(['127.0.0.0/8', '::1']);
const UNSPECIFIED = new IpSet(['0.0.0.0', '::']);
/**
 * Link-local addresses, among them the metadata services of clouds, and what is no address of one host: a registration
 * must not make the gateway talk to them (protocol digest 16).
 */
const FORBIDDEN = new IpSet([
    '0.0.0.0/8',
    '169.254.0.0/16',
    '224.0.0.0/3',
    '::',
    'fe80::/10',
    'ff00::/8',
    'fd00:ec2::254',
]);
const FORBIDDEN_NAMES = new Set(['metadata', 'metadata.google.internal']);
/**
 * Reads what the libraries write: `host` with `port`, `host:port` with port 0, `host:port` with the same port once more
 * (protocol digest 4 and 14, row 21), and a URL for good measure.
 *
 * @returns null when it is none of them
 */
export function parseInstanceAddress(address, port) {
    const url = /^(https?):\/\/([^/?#]+)\/?$/i.exec(address.trim());
    const tls = url?.[1]?.toLowerCase() === 'https';
    const authority = url?.[2] ?? address.trim();
    // A bare IPv6 address has more than one colon and no brackets.
    const bracketed = isIP(authority) === 6 ? `[${authority}]` : authority;
    const defaultPort = port > 0 ? port : url === null ? 0 : tls ? 443 : 80;
    const parsed = parseHostPort(bracketed, defaultPort);
    if (parsed === null || parsed.port < 1 || parsed.port > 65_535)
        return null;
    return { host: parsed.host, port: parsed.port, tls };
}
/**
 * Services often call themselves `localhost`: from elsewhere that is the address they called from.
 *
 * @param peer IP address of the caller, who may be on this host
 */
export function seenFromHere(host, peer) {
    if (!isLoopbackHost(host) && !UNSPECIFIED.has(host))
        return host;
    const caller = plainIp(peer);
    if (isIP(caller) === 0)
        return host;
    if (!LOOPBACK.has(caller))
        return caller;
    return UNSPECIFIED.has(host) ? caller : host;
}
export function isLoopbackHost(host) {
    const name = host.toLowerCase();
    return name === 'localhost' || name.endsWith('.localhost') || LOOPBACK.has(host);
}
/** A URL of a service with its host as seen from here; anything else as it is. */
export function rewriteLoopbackUrl(text, host) {
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
        return text;
    const url = new URL(text);
    const own = url.hostname.replace(/^\[|\]$/g, '');
    if (!isLoopbackHost(own) && !UNSPECIFIED.has(own))
        return text;
    url.hostname = isIP(host) === 6 ? `[${host}]` : host;
    return url.href;
}
/** @returns '' when the gateway may talk to that host */
export function hostFault(host) {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (FORBIDDEN.has(name))
        return 'address is link-local, multicast or none of a host';
    return FORBIDDEN_NAMES.has(name) ? 'address is that of a metadata service' : '';
}
/** `::ffff:10.0.0.7` is how a socket for both families writes 10.0.0.7. */
export function plainIp(address) {
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
    return mapped?.[1] ?? address;
}
//# sourceMappingURL=address.js.map