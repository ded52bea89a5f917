/**
 * The header fields that the gateway itself must understand, each with a small number so that decisions are a table
 * look-up. Everything else stays unparsed.
 */
import { equalsLower } from './characters.js';
export const KIND_OTHER = 0;
export const KIND_HOST = 1;
export const KIND_CONTENT_LENGTH = 2;
export const KIND_TRANSFER_ENCODING = 3;
export const KIND_CONNECTION = 4;
export const KIND_KEEP_ALIVE = 5;
export const KIND_PROXY_CONNECTION = 6;
export const KIND_TE = 7;
export const KIND_UPGRADE = 8;
export const KIND_EXPECT = 9;
export const KIND_PROXY_AUTHORIZATION = 10;
export const KIND_PROXY_AUTHENTICATE = 11;
export const KIND_VIA = 12;
export const KIND_TRACEPARENT = 13;
export const KIND_REQUEST_ID = 14;
export const KIND_X_FORWARDED_FOR = 15;
/** X-Forwarded-Proto, -Host, -Port, -Prefix. */
export const KIND_X_FORWARDED = 16;
export const KIND_FORWARDED = 17;
/** Identity and routing claims that only a trusted proxy may make (rule B6). */
export const KIND_CLAIM = 18;
export const KIND_MAX_FORWARDS = 19;
export const KIND_DATE = 20;
export const KIND_TRAILER = 21;
/** Content-Type, Authorization, Location, ETag: at most once (rule B10). */
export const KIND_CONTENT_TYPE = 22;
export const KIND_AUTHORIZATION = 23;
export const KIND_LOCATION = 24;
export const KIND_ETAG = 25;
export const KIND_EARLY_DATA = 26;
export const KIND_CDN_LOOP = 27;
/** A name with `_`, which CGI-like servers read as its twin with `-` (rule A17). */
export const KIND_UNDERSCORE = 28;
/** Taken out by an edit or because Connection named it. */
export const KIND_REMOVED = 29;
export const KIND_COUNT = 30;
const BY_LENGTH = (() => {
    const names = [
        ['host', KIND_HOST],
        ['content-length', KIND_CONTENT_LENGTH],
        ['transfer-encoding', KIND_TRANSFER_ENCODING],
        ['connection', KIND_CONNECTION],
        ['keep-alive', KIND_KEEP_ALIVE],
        ['proxy-connection', KIND_PROXY_CONNECTION],
        ['te', KIND_TE],
        ['upgrade', KIND_UPGRADE],
        ['expect', KIND_EXPECT],
        ['proxy-authorization', KIND_PROXY_AUTHORIZATION],
        ['proxy-authenticate', KIND_PROXY_AUTHENTICATE],
        ['via', KIND_VIA],
        ['traceparent', KIND_TRACEPARENT],
        ['x-request-id', KIND_REQUEST_ID],
        ['x-forwarded-for', KIND_X_FORWARDED_FOR],
        ['x-forwarded-proto', KIND_X_FORWARDED],
        ['x-forwarded-host', KIND_X_FORWARDED],
        ['x-forwarded-port', KIND_X_FORWARDED],
        ['x-forwarded-prefix', KIND_X_FORWARDED],
        ['x-forwarded-server', KIND_X_FORWARDED],
        ['x-forwarded-scheme', KIND_X_FORWARDED],
        ['x-forwarded-ssl', KIND_X_FORWARDED],
        ['forwarded', KIND_FORWARDED],
        ['x-real-ip', KIND_CLAIM],
        ['true-client-ip', KIND_CLAIM],
        ['cf-connecting-ip', KIND_CLAIM],
        ['x-client-ip', KIND_CLAIM],
        ['x-cluster-client-ip', KIND_CLAIM],
        ['x-client-cert', KIND_CLAIM],
        ['client-cert', KIND_CLAIM],
        ['client-cert-chain', KIND_CLAIM],
        ['x-original-url', KIND_CLAIM],
        ['x-rewrite-url', KIND_CLAIM],
        ['max-forwards', KIND_MAX_FORWARDS],
        ['date', KIND_DATE],
        ['trailer', KIND_TRAILER],
        ['content-type', KIND_CONTENT_TYPE],
        ['authorization', KIND_AUTHORIZATION],
        ['location', KIND_LOCATION],
        ['etag', KIND_ETAG],
        ['early-data', KIND_EARLY_DATA],
        ['cdn-loop', KIND_CDN_LOOP],
    ];
    const table = Array.from({ length: 24 }, () => []);
    for (const entry of names)
        table[entry[0].length]?.push(entry);
    return table;
})();
/** Kind of the name at `raw[start, end)`. */
export function classifyField(raw, start, end) {
    const length = end - start;
    if (length >= BY_LENGTH.length)
        return KIND_OTHER;
    const candidates = BY_LENGTH[length];
    const first = raw.charCodeAt(start) | 0x20;
    for (let i = 0; i < candidates.length; i++) {
        const candidate = candidates[i];
        if (candidate[0].charCodeAt(0) === first && equalsLower(raw, start, candidate[0]))
            return candidate[1];
    }
    return KIND_OTHER;
}
/** A drop table: 1 at the kinds that do not pass. Removed fields never pass. */
export function dropTable(...kinds) {
    const table = new Uint8Array(KIND_COUNT);
    for (const kind of kinds)
        table[kind] = 1;
    table[KIND_REMOVED] = 1;
    return table;
}
//# sourceMappingURL=field-kind.js.map