/** Far longer than any request line allows, and short enough for the packed trie nodes. */
export const MAX_PATTERN_LENGTH = 8192;
const PARAM_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
const HEX_BYTE = /^[0-9A-Fa-f]{2}$/;
const REST = /^\{([^{}]*)\*\}$/;
const EMPTY = [''];
const WHOLE_PARAM = ['', ''];
const PLAIN_LITERAL = /^[A-Za-z0-9\-._~!$&'()+,;=:@/]*$/;
/**
 * Reads a route path: exact text, `{id}` or `:id` for one segment, parameters beside literal text (`report.{format}`,
 * `{id}:activate`), `{rest*}` as the last segment, `/*` at the end.
 */
export function parsePattern(text) {
    try {
        return { ok: true, pattern: new PatternParser(text).parse() };
    }
    catch (error) {
        if (error instanceof PatternError)
            return { ok: false, message: error.message, at: error.at };
        throw error;
    }
}
/**
 * Brings literal path text to the spelling that canonical request paths have (rule B13): unreserved characters
 * unescaped, other escapes in upper case, everything outside visible ASCII as escaped UTF-8.
 *
 * @throws PatternError on a malformed escape or a character that no path can hold
 */
export function canonicalLiteral(text, offset = 0) {
    if (PLAIN_LITERAL.test(text))
        return text;
    let result = '';
    for (let i = 0; i < text.length;) {
        const code = text.codePointAt(i);
        const char = String.fromCodePoint(code);
        if (char === '%') {
            result += canonicalEscape(text, i, offset);
            i += 3;
            continue;
        }
        if (code < 0x20 || code === 0x7f)
            throw new PatternError('control characters cannot occur in a path', offset + i);
        if (char === '?')
            throw new PatternError('a path holds no "?"; match the query with `query:`', offset + i);
        if (char === '#')
            throw new PatternError('a path holds no "#"; fragments never reach a server', offset + i);
        if (char === '*') {
            throw new PatternError('"*" must be a whole segment at the end ("/prefix/*")', offset + i);
        }
        if (code >= 0xd800 && code <= 0xdfff)
            throw new PatternError('half of a surrogate pair is no character', offset + i);
        result += code > 0x7e || code === 0x20 ? encodeURIComponent(char) : char;
        i += char.length;
    }
    return result;
}
export class PatternError extends Error {
    at;
    constructor(message, at) {
        super(message);
        this.name = 'PatternError';
        this.at = at;
    }
}
function canonicalEscape(text, at, offset) {
    const digits = text.slice(at + 1, at + 3);
    if (!HEX_BYTE.test(digits)) {
        throw new PatternError('"%" must be followed by two hexadecimal digits; a literal "%" is written "%25"', offset + at);
    }
    const byte = Number.parseInt(digits, 16);
    if (byte < 0x20 || byte === 0x7f) {
        throw new PatternError('escaped control characters are refused in every request path', offset + at);
    }
    const char = String.fromCharCode(byte);
    return UNRESERVED.test(char) ? char : `%${digits.toUpperCase()}`;
}
class PatternParser {
    #text;
    #segments = [];
    #params = [];
    #tail = 'none';
    /** The text is not canonical as it stands. */
    #respelled = false;
    constructor(text) {
        this.#text = text;
    }
    parse() {
        const text = this.#text;
        if (!text.startsWith('/'))
            throw new PatternError('a path begins with "/"', 0);
        checkLength(text);
        let at = 1;
        for (;;) {
            const end = this.#segmentEnd(at);
            this.#addSegment(text.slice(at, end), at, end === text.length);
            if (end === text.length)
                break;
            at = end + 1;
        }
        const canonical = this.#respelled ? this.#render() : text;
        checkLength(canonical);
        return { canonical, segments: this.#segments, tail: this.#tail, params: this.#params };
    }
    /** Slashes inside braces belong to a mistake that `#addSegment` explains better. */
    #segmentEnd(from) {
        const text = this.#text;
        let at = from;
        for (;;) {
            const slash = text.indexOf('/', at);
            const end = slash < 0 ? text.length : slash;
            const open = text.lastIndexOf('{', end - 1);
            if (open < at)
                return end;
            const close = text.indexOf('}', open);
            if (close < 0)
                return text.length;
            if (close < end)
                return end;
            at = close + 1;
        }
    }
    #addSegment(raw, at, last) {
        if (raw === '*') {
            if (!last)
                throw new PatternError('"*" ends a path; for one segment in the middle write {name}', at);
            this.#tail = 'wildcard';
        }
        else if (raw.endsWith('*}') && REST.test(raw)) {
            if (!last)
                throw new PatternError(`"${raw}" takes the rest of the path, so it must be the last segment`, at);
            this.#tail = 'rest';
            this.#addParam(raw.slice(1, -2), at + 1);
        }
        else if (raw.startsWith(':')) {
            this.#addParam(raw.slice(1), at + 1);
            this.#segments.push(WHOLE_PARAM);
            this.#respelled = true;
        }
        else if (raw === '') {
            if (!last)
                throw new PatternError('empty segment: "//" is merged or refused before matching', at);
            this.#segments.push(EMPTY);
        }
        else {
            this.#segments.push(this.#parseSegment(raw, at));
        }
    }
    #parseSegment(raw, at) {
        const literals = [];
        let from = 0;
        for (;;) {
            const open = raw.indexOf('{', from);
            const literal = open < 0 ? raw.slice(from) : raw.slice(from, open);
            if (literal === '' && literals.length > 0 && open >= 0) {
                throw new PatternError('two parameters need text between them', at + open);
            }
            literals.push(this.#literal(literal, at + from));
            if (open < 0)
                break;
            const close = raw.indexOf('}', open);
            if (close < 0)
                throw new PatternError('"{" without "}"', at + open);
            this.#addParam(raw.slice(open + 1, close), at + open + 1);
            from = close + 1;
        }
        if (literals.length === 1 && (literals[0] === '.' || literals[0] === '..')) {
            throw new PatternError(`"${raw}" is resolved before matching and can never match`, at);
        }
        return literals;
    }
    #literal(text, at) {
        const stray = text.indexOf('}');
        if (stray >= 0)
            throw new PatternError('"}" without "{"', at + stray);
        const literal = canonicalLiteral(text, at);
        if (literal !== text)
            this.#respelled = true;
        return literal;
    }
    #addParam(name, at) {
        if (!PARAM_NAME.test(name))
            throw new PatternError(nameProblem(name), at);
        if (this.#params.includes(name))
            throw new PatternError(`parameter "${name}" occurs twice`, at);
        this.#params.push(name);
    }
    #render() {
        let text = '';
        let param = 0;
        for (const segment of this.#segments) {
            text += `/${segment[0]}`;
            for (let i = 1; i < segment.length; i++)
                text += `{${this.#params[param++]}}${segment[i]}`;
        }
        if (this.#tail === 'rest')
            text += `/{${this.#params[param]}*}`;
        if (this.#tail === 'wildcard')
            text += '/*';
        return text;
    }
}
function checkLength(text) {
    if (text.length <= MAX_PATTERN_LENGTH)
        return;
    throw new PatternError(`a path has at most ${MAX_PATTERN_LENGTH} characters`, MAX_PATTERN_LENGTH);
}
function nameProblem(name) {
    if (name.endsWith('*') && name !== '*')
        return `{${name}} must be a whole segment`;
    if (name.includes(':'))
        return `parameter "${name}": patterns for parameters are not supported, only names`;
    return `"${name}" is no parameter name (a letter or "_", then letters, digits, "_", "-", ".")`;
}
//# sourceMappingURL=pattern.js.map