/** Message framing shared by requests and responses (RFC 9112 section 6). */
export const BODY_NONE = 0;
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
/** Responses only: the body ends with the connection. */
export const BODY_UNTIL_CLOSE = 3;
/**
 * Rule A11: digits only, no sign, no list, below 2^53.
 *
 * @returns the length, or -1 when the text is no Content-Length
 */
export function parseContentLength(text) {
    if (text.length === 0 || text.length > 16)
        return -1;
    let value = 0;
    for (let i = 0; i < text.length; i++) {
        const digit = text.charCodeAt(i) - 48;
        if (digit < 0 || digit > 9)
            return -1;
        value = value * 10 + digit;
    }
    return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}
/** Rule A10: `chunked` is the only coding, without case. */
export function isChunked(text) {
    return text === 'chunked' || text.toLowerCase() === 'chunked';
}
//# sourceMappingURL=framing.js.map