/**
 * A strict reader of HTTP/1.x messages for both ends of a test. It follows the letter of RFC 9112 and throws on
 * everything else, so that a test sees what the gateway wrote and not what a lenient parser made of it.
 * Text is latin1: one character per byte.
 */
/** What was read is not HTTP/1.x. */
export class WireError extends Error {
}
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const NONE = [];
/** Null while the empty line has not come. */
export function readHead(text, from) {
    const blank = text.indexOf('\r\n\r\n', from);
    if (blank < 0)
        return null;
    const [startLine = '', ...lines] = text.slice(from, blank).split('\r\n');
    if (/[\r\n\0]/.test(startLine))
        throw new WireError(`start line holds a control: ${JSON.stringify(startLine)}`);
    return { startLine, fields: lines.map(readField), end: blank + 4 };
}
function readField(line) {
    const match = FIELD.exec(line);
    if (!match)
        throw new WireError(`malformed field line: ${JSON.stringify(line)}`);
    return [match[1], match[2]];
}
/** The values of all fields of that name, in order. */
export function valuesOf(fields, name) {
    const wanted = name.toLowerCase();
    return fields.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
}
/** The value of the only field of that name; undefined without one; throws when there are several. */
export function onlyValue(fields, name) {
    const values = valuesOf(fields, name);
    if (values.length > 1)
        throw new WireError(`${name} comes ${values.length} times`);
    return values[0];
}
/** Framing as the fields announce it; `otherwise` when they announce none. */
export function framingOf(fields, otherwise) {
    const coding = onlyValue(fields, 'transfer-encoding');
    const length = onlyValue(fields, 'content-length');
    if (coding !== undefined) {
        if (length !== undefined)
            throw new WireError('Content-Length beside Transfer-Encoding');
        if (coding.toLowerCase() !== 'chunked')
            throw new WireError(`Transfer-Encoding: ${coding}`);
        return 'chunked';
    }
    if (length === undefined)
        return otherwise;
    if (!/^\d{1,15}$/.test(length))
        throw new WireError(`Content-Length: ${length}`);
    return Number(length);
}
/** Null while more is needed and the sender has not closed. */
export function readBody(text, from, framing, closed) {
    if (framing === 'none')
        return { bytes: '', trailers: NONE, end: from, complete: true };
    if (framing === 'chunked')
        return readChunked(text, from, closed);
    if (framing === 'close') {
        return closed ? { bytes: text.slice(from), trailers: NONE, end: text.length, complete: true } : null;
    }
    if (text.length - from >= framing) {
        return { bytes: text.slice(from, from + framing), trailers: NONE, end: from + framing, complete: true };
    }
    return closed ? { bytes: text.slice(from), trailers: NONE, end: text.length, complete: false } : null;
}
function readChunked(text, from, closed) {
    let bytes = '';
    let at = from;
    const short = () => closed ? { bytes, trailers: NONE, end: text.length, complete: false } : null;
    for (;;) {
        const lineEnd = text.indexOf('\r\n', at);
        if (lineEnd < 0)
            return short();
        const line = text.slice(at, lineEnd);
        if (!/^[0-9A-Fa-f]{1,8}(;[\t\x20-\x7e\x80-\xff]*)?$/.test(line)) {
            throw new WireError(`chunk size line ${JSON.stringify(line.slice(0, 80))}`);
        }
        const size = Number.parseInt(line, 16);
        at = lineEnd + 2;
        if (size === 0)
            break;
        if (text.length < at + size + 2) {
            bytes += text.slice(at, at + size);
            return short();
        }
        bytes += text.slice(at, at + size);
        if (text.slice(at + size, at + size + 2) !== '\r\n')
            throw new WireError('chunk data without CRLF');
        at += size + 2;
    }
    const trailers = [];
    for (;;) {
        const lineEnd = text.indexOf('\r\n', at);
        if (lineEnd < 0)
            return short();
        const line = text.slice(at, lineEnd);
        at = lineEnd + 2;
        if (line === '')
            return { bytes, trailers, end: at, complete: true };
        trailers.push(readField(line));
    }
}
/** Null while more is needed. With `closed`, a request whose body ended early comes back with `complete` false. */
export function readRequest(text, from, closed) {
    const head = readHead(text, from);
    if (!head)
        return null;
    const line = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(1\.[01])$/.exec(head.startLine);
    if (!line)
        throw new WireError(`request line ${JSON.stringify(head.startLine)}`);
    const body = readBody(text, head.end, framingOf(head.fields, 'none'), closed);
    if (!body)
        return null;
    const [, method = '', target = '', version = ''] = line;
    return {
        method,
        target,
        version,
        fields: head.fields,
        body: body.bytes,
        trailers: body.trailers,
        complete: body.complete,
        end: body.end,
    };
}
/** Null while more is needed. An interim response (1xx) is a response of its own. */
export function readResponse(text, from, method, closed) {
    const head = readHead(text, from);
    if (!head)
        return null;
    const line = /^HTTP\/(1\.[01]) (\d{3}) ([\t\x20-\x7e\x80-\xff]*)$/.exec(head.startLine);
    if (!line)
        throw new WireError(`status line ${JSON.stringify(head.startLine)}`);
    const [, version = '', digits = '', reason = ''] = line;
    const status = Number(digits);
    let framing = framingOf(head.fields, 'close');
    if (status < 200 || status === 204) {
        // RFC 9110 8.6 and RFC 9112 6.1: neither field may be there.
        if (framing !== 'close')
            throw new WireError(`${status} with framing fields`);
        framing = 'none';
    }
    else if (method === 'HEAD' || status === 304) {
        framing = 'none';
    }
    if (version === '1.0' && framing === 'chunked')
        throw new WireError('chunked in an HTTP/1.0 response');
    const body = readBody(text, head.end, framing, closed);
    if (!body)
        return null;
    return {
        version,
        status,
        reason,
        fields: head.fields,
        framing,
        body: body.bytes,
        trailers: body.trailers,
        complete: body.complete,
        end: body.end,
    };
}
/** A message from lines: joins with CRLF and adds the empty line. */
export function message(...lines) {
    return `${lines.join('\r\n')}\r\n\r\n`;
}
//# sourceMappingURL=wire.js.map