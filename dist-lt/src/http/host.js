/** Host and authority (rules A1, B8): `uri-host [":" port]` of RFC 9110 section 7.2, nothing more. */
const AUTHORITY = /^(?:\[([0-9A-Fa-f:.]+(?:%25[A-Za-z0-9._~-]+)?)\]|([A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::(\d{0,5}))?$/;
/** @returns null when the text is no legal authority (userinfo, paths and spaces are not) */
export function parseAuthority(text) {
    const match = AUTHORITY.exec(text);
    if (match === null)
        return null;
    const port = match[3] ?? '';
    if (port !== '' && Number(port) > 65_535)
        return null;
    const portLength = match[3] === undefined ? 0 : port.length + 1;
    const host = text.slice(0, text.length - portLength).toLowerCase();
    return { host: host.endsWith('.') ? host.slice(0, -1) : host, port };
}
//# sourceMappingURL=host.js.map