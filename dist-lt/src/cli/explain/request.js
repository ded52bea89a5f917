import { canonicalPath } from '../../http/canonical-path.js';
import { isToken } from '../../http/characters.js';
import { parseAuthority } from '../../http/host.js';
import { UsageError } from '../command.js';
const URL_PARTS = /^(?:[a-z][a-z0-9+.-]*:\/\/([^/?#]*)|([^/?#]+))?(\/[^?#]*)?(\?[^#]*)?(?:#.*)?$/is;
/**
 * @param url absolute, `host/path`, or only a path
 * @param headers `Name: value` each
 * @throws UsageError on text that could not be sent as a request
 */
export function readRequest(method, url, headers, policy) {
    if (!isToken(method))
        throw new UsageError(`"${method}" is no HTTP method`);
    const [, absolute, bare, rawPath = '/', rawSearch = ''] = URL_PARTS.exec(url) ?? [];
    const fields = readHeaders(headers);
    const authority = fields.get('host') ?? absolute ?? bare ?? '';
    const parsed = authority === '' ? { host: '' } : parseAuthority(authority);
    if (parsed === null)
        throw new UsageError(`"${authority}" is no host`);
    const sentPath = asSent(rawPath);
    const search = asSent(rawSearch);
    const query = new URLSearchParams(search);
    return {
        method,
        host: parsed.host,
        sentPath,
        path: canonicalPath(sentPath, policy),
        search,
        fields: {
            header: (name) => (name === 'host' && authority !== '' ? authority : fields.get(name)),
            query: (name) => query.get(name) ?? undefined,
        },
    };
}
/** Clients escape what may not stand in a request line. */
function asSent(text) {
    return text.toWellFormed().replace(/[^!-~]+/g, encodeURIComponent);
}
function readHeaders(headers) {
    const fields = new Map();
    for (const header of headers) {
        const colon = header.indexOf(':');
        const name = header.slice(0, Math.max(colon, 0)).trim().toLowerCase();
        if (!isToken(name))
            throw new UsageError(`"${header}" is no header; write -H "name: value"`);
        // Predicates look at the first value of a repeated field.
        if (!fields.has(name))
            fields.set(name, header.slice(colon + 1).trim());
    }
    return fields;
}
//# sourceMappingURL=request.js.map