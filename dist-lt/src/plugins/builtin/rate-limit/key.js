import { maskWords, parseIp } from '../../../shared/ip.js';
/**
 * @param prefix sets this plugin instance apart from others
 * @returns the key under which an exchange is counted
 */
export function keyOf(prefix, config) {
    const byIp = ipPart(config.ipv6_prefix);
    const parts = config.key.map((entry) => {
        if (entry === 'ip')
            return byIp;
        if (entry === 'route')
            return (exchange) => `r${exchange.route.id}`;
        return headerPart(entry.slice('header:'.length), byIp);
    });
    const [only] = parts;
    if (only === undefined)
        return () => prefix;
    if (parts.length === 1)
        return (exchange) => prefix + only(exchange);
    return (exchange) => {
        let key = prefix;
        // The length keeps ("ab", "c") and ("a", "bc") apart whatever clients put into header values.
        for (const part of parts) {
            const text = part(exchange);
            key += `${text.length}:${text}`;
        }
        return key;
    };
}
const words = new Uint32Array(4);
/** IPv6 addresses have many spellings and IPv4 has a mapped one, so whatever has a colon is keyed by its number. */
function ipPart(prefixLength) {
    return (exchange) => {
        const { clientIp } = exchange.request;
        if (clientIp.indexOf(':') < 0)
            return `i${clientIp}`;
        const family = parseIp(clientIp, words);
        if (family === 0)
            return `i${clientIp}`;
        if (family === 4)
            return `i${dotted(words[3])}`;
        maskWords(words, prefixLength);
        return `i${words[0]},${words[1]},${words[2]},${words[3]}`;
    };
}
function dotted(address) {
    return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
function headerPart(name, fallback) {
    return (exchange) => {
        const value = exchange.request.headers.get(name);
        // One shared limit for all that leave the header out would let one of them shut out the rest.
        return value === undefined ? fallback(exchange) : `h${value}`;
    };
}
//# sourceMappingURL=key.js.map