/** Reading one cookie out of a Cookie field (RFC 6265 section 5.4) without splitting the others. */
const SPACE = 32;
const TAB = 9;
const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
/** Where the value of the first cookie of that name starts, or -1. Cookie names are case-sensitive. */
export function cookieStart(field, name) {
    const length = field.length;
    let at = 0;
    while (at < length) {
        let code = field.charCodeAt(at);
        if (code === SPACE || code === TAB || code === SEMICOLON) {
            at++;
            continue;
        }
        if (field.startsWith(name, at)) {
            const value = at + name.length;
            if (field.charCodeAt(value) === EQUALS)
                return field.charCodeAt(value + 1) === QUOTE ? value + 2 : value + 1;
        }
        while (at < length && code !== SEMICOLON)
            code = field.charCodeAt(++at);
    }
    return -1;
}
/** Where the value that starts at `start` ends. */
export function cookieEnd(field, start) {
    let end = field.indexOf(';', start);
    if (end < 0)
        end = field.length;
    while (end > start && isPadding(field.charCodeAt(end - 1)))
        end--;
    return end;
}
function isPadding(code) {
    return code === SPACE || code === TAB || code === QUOTE;
}
//# sourceMappingURL=cookies.js.map