/** The ways in which the implementations of the protocol write JSON before they hash it (3.1). */
import { compareUtf8 } from './checksum.js';
/** @returns null when a number is too large to be written */
export function writeJson(tree, style) {
    const parts = [];
    return write(tree, style, parts) ? parts.join('') : null;
}
function write(tree, style, parts) {
    switch (tree.kind) {
        case 'literal':
            parts.push(tree.source);
            return true;
        case 'string':
            parts.push(writeString(tree.value, style.escapes));
            return true;
        case 'number': {
            const text = style.numbers === 'double' ? writeDouble(Number(tree.source)) : writeExact(tree.source);
            parts.push(text);
            return text !== '';
        }
        case 'array':
            return writeList('[', ']', tree.elements, parts, (element) => write(element, style, parts));
        default: {
            const members = [...tree.members];
            if (style.sorted)
                members.sort(([a], [b]) => compareUtf8(a, b));
            return writeList('{', '}', members, parts, ([name, value]) => {
                parts.push(writeString(name, style.escapes), ':');
                return write(value, style, parts);
            });
        }
    }
}
function writeList(open, close, list, parts, writeElement) {
    parts.push(open);
    let first = true;
    for (const element of list) {
        if (!first)
            parts.push(',');
        first = false;
        if (!writeElement(element))
            return false;
    }
    parts.push(close);
    return true;
}
/** Half surrogates stay as they are: writing UTF-8 makes U+FFFD of them, as Go does when it reads. */
function writeString(value, escapes) {
    const text = JSON.stringify(value).replace(/\\u(d[89a-f][0-9a-f]{2})/g, (match, hex, at, all) => isEscaped(all, at) ? match : String.fromCharCode(Number.parseInt(hex, 16)));
    if (escapes === 'plain')
        return text;
    const html = text.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
    if (escapes === 'html')
        return html;
    return html.replace(/\\[\\bf]/g, (escaped) => OLD_ESCAPES[escaped] ?? escaped);
}
const OLD_ESCAPES = { '\\b': '\\u0008', '\\f': '\\u000c' };
/** Whether the backslash at `at` is itself the second half of an escaped backslash. */
function isEscaped(text, at) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c)
        backslashes++;
    return backslashes % 2 === 1;
}
/** Go and JavaScript write a float64 alike (shortest digits, exponents from 1e21 and below 1e-6) but for minus zero. */
function writeDouble(value) {
    if (!Number.isFinite(value))
        return '';
    return Object.is(value, -0) ? '-0' : String(value);
}
const INTEGER = /^-?\d+$/;
const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MIN = -(2n ** 63n);
/** serde_json: integers of 64 bits exactly, everything else as a float64 that shows that it is one. */
function writeExact(source) {
    if (INTEGER.test(source) && source !== '-0') {
        const integer = BigInt(source);
        if (integer <= UINT64_MAX && integer >= INT64_MIN)
            return integer.toString();
    }
    const value = Number(source);
    if (!Number.isFinite(value))
        return '';
    const sign = value < 0 || Object.is(value, -0) ? '-' : '';
    return sign + writeRyu(Math.abs(value));
}
/** The notation of the ryu library: plain from 1e-5 up to 1e16, always with a point or an exponent. */
function writeRyu(value) {
    if (value === 0)
        return '0.0';
    const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
    const digits = mantissa.replace('.', '');
    const point = Number(exponentText) + 1;
    if (point > 16 || point <= -5) {
        const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
        return `${digits[0]}${fraction}e${point - 1}`;
    }
    if (point <= 0)
        return `0.${'0'.repeat(-point)}${digits}`;
    if (digits.length <= point)
        return `${digits.padEnd(point, '0')}.0`;
    return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
//# sourceMappingURL=canonical-json.js.map