const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
/** null when the field is missing or no well-formed Basic credentials. */
export function parseCredentials(authorization) {
    const encoded = authorization === undefined ? null : BASIC.exec(authorization);
    if (encoded === null)
        return null;
    const text = Buffer.from(encoded[1] ?? '', 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
//# sourceMappingURL=credentials.js.map