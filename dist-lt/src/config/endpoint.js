/** The notation of endpoints. */
import { formatHostPort, parseHostPort } from './values.js';
export const ENDPOINT_HELP = '"host:port", "http://host:port", "https://host:port" or { address, weight }';
/** @returns the reason as text when it is no endpoint */
export function parseEndpoint(text) {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
    const tls = scheme?.[1]?.toLowerCase() === 'https';
    if (scheme !== null && !tls && scheme[1]?.toLowerCase() !== 'http') {
        return `the scheme ${scheme[1]}:// is not supported; use host:port, http://host:port or https://host:port`;
    }
    const rest = text.slice(scheme?.[0].length ?? 0);
    const authority = scheme === null ? rest : rest.replace(/\/$/, '');
    if (/[/?#]/.test(authority)) {
        return 'an endpoint has no path; put it into add_prefix of the route';
    }
    if (authority.includes('@'))
        return 'an endpoint has no user name or password';
    const parsed = parseHostPort(authority, scheme === null ? 0 : tls ? 443 : 80);
    if (parsed === null || parsed.port === 0) {
        return parseHostPort(authority, 80) === null || parsed?.port === 0
            ? `expected ${ENDPOINT_HELP}; IPv6 addresses in brackets`
            : 'the port is missing; write host:port';
    }
    return {
        address: formatHostPort(parsed.host, parsed.port),
        host: parsed.host,
        port: parsed.port,
        tls,
    };
}
//# sourceMappingURL=endpoint.js.map