/** Character classes of RFC 9110 section 5.6.2 and RFC 3986, as tables indexed by byte. */
const UNDERSCORE = 0x5f;
/** 1 for a token character, 3 for `_`, which is legal but gets special treatment (rule A17). */
export const TOKEN = (() => {
    const table = new Uint8Array(256);
    for (const char of "!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
        table[char.charCodeAt(0)] = 1;
    }
    table[UNDERSCORE] = 3;
    return table;
})();
/** 1 for what may stand in a field value: visible bytes, space, tab, and obs-text (rule A7). */
export const FIELD_VALUE = (() => {
    const table = new Uint8Array(256).fill(1, 0x20);
    table[0x09] = 1;
    table[0x7f] = 0;
    return table;
})();
/** What a byte means inside a request target. */
export const TARGET_ILLEGAL = 0;
export const TARGET_PLAIN = 1;
/** `%`, `\` or `;`: the path needs a closer look (rule B13). */
export const TARGET_SUSPECT = 2;
export const TARGET_SLASH = 3;
export const TARGET_QUERY = 4;
/**
 * Rule A3: no controls, spaces, fragments or bytes outside ASCII. The few visible characters that RFC 3986 leaves out
 * but browsers send (`|`, `^`, `{`, `}`, `"`, `<`, `>`, `` ` ``) pass.
 */
export const TARGET = (() => {
    const table = new Uint8Array(256).fill(TARGET_PLAIN, 0x21, 0x7f);
    table['#'.charCodeAt(0)] = TARGET_ILLEGAL;
    table['%'.charCodeAt(0)] = TARGET_SUSPECT;
    table['\\'.charCodeAt(0)] = TARGET_SUSPECT;
    table[';'.charCodeAt(0)] = TARGET_SUSPECT;
    table['/'.charCodeAt(0)] = TARGET_SLASH;
    table['?'.charCodeAt(0)] = TARGET_QUERY;
    return table;
})();
/** Value of a hexadecimal digit, or 255. */
export const HEX = (() => {
    const table = new Uint8Array(256).fill(255);
    for (let i = 0; i < 10; i++)
        table[0x30 + i] = i;
    for (let i = 0; i < 6; i++) {
        table[0x41 + i] = 10 + i;
        table[0x61 + i] = 10 + i;
    }
    return table;
})();
export function isToken(text) {
    for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code > 255 || TOKEN[code] === 0)
            return false;
    }
    return text.length > 0;
}
export function isFieldValue(text) {
    for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code > 255 || FIELD_VALUE[code] === 0)
            return false;
    }
    return true;
}
/** Compares `raw[start, start + name.length)` with a name that is already lower case. */
export function equalsLower(raw, start, lowerName) {
    for (let i = 0; i < lowerName.length; i++) {
        let code = raw.charCodeAt(start + i);
        if (code >= 0x41 && code <= 0x5a)
            code |= 0x20;
        if (code !== lowerName.charCodeAt(i))
            return false;
    }
    return true;
}
//# sourceMappingURL=characters.js.map