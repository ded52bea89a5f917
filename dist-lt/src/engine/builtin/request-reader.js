import { BARE_LINE_END } from '../../http/bare-line-end.js';
import { latin1 } from '../../http/latin1.js';
const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');
/** Above this size a read is searched as bytes, so that a body behind the head is not converted to a string. */
const SMALL_READ = 4096;
/** Empty lines tolerated before a request line (rule A6). */
const MAX_LEADING_BYTES = 8;
/** Collects request heads from reads that may be split anywhere. */
export class RequestReader {
    /** The complete head after `read` returned true. */
    head = '';
    /** Index in the read of the first byte behind the head. */
    consumed = 0;
    /** Set when the bytes can no longer become a head. */
    problem = '';
    #partial = '';
    /** True when some bytes of a head have arrived. */
    get started() {
        return this.#partial !== '';
    }
    /**
     * @returns true when `head` is complete; false when more is needed or `problem` is set
     */
    read(input, at, length, limits) {
        const partial = this.#partial;
        let stop = length;
        if (stop - at > SMALL_READ) {
            const end = input.indexOf(HEAD_END, at);
            if (end >= 0 && end + 4 < stop)
                stop = end + 4;
        }
        let text = latin1(input, at, stop);
        if (partial !== '')
            text = partial + text;
        let start = 0;
        while (text.charCodeAt(start) === 13 && text.charCodeAt(start + 1) === 10)
            start += 2;
        if (start > MAX_LEADING_BYTES) {
            this.problem = 'bad_request_line';
            return false;
        }
        const end = text.indexOf('\r\n\r\n', Math.max(start, partial.length - 3));
        if (end < 0)
            return this.#incomplete(text, start, limits);
        const headEnd = end + 4;
        if (headEnd - start > limits.requestLine + limits.headerBytes) {
            this.problem = tooLarge(text, start, limits);
            return false;
        }
        this.head = start === 0 && headEnd === text.length ? text : text.slice(start, headEnd);
        const lineEnd = this.head.indexOf('\r\n');
        if (this.head.length - lineEnd - 4 > limits.headerBytes) {
            this.problem = 'headers_too_large';
            return false;
        }
        this.consumed = at + headEnd - partial.length;
        this.#partial = '';
        return true;
    }
    #incomplete(text, start, limits) {
        if (BARE_LINE_END.test(text))
            this.problem = text.includes('\r\n', start) ? 'bad_header' : 'bad_request_line';
        else if (text.length - start > limits.requestLine + limits.headerBytes ||
            lineTooLong(text, start, limits)) {
            this.problem = tooLarge(text, start, limits);
        }
        this.#partial = text;
        return false;
    }
}
function lineTooLong(text, start, limits) {
    return text.length - start > limits.requestLine && text.indexOf('\r\n', start) < 0;
}
function tooLarge(text, start, limits) {
    const lineEnd = text.indexOf('\r\n', start);
    return lineEnd < 0 || lineEnd - start > limits.requestLine ? 'uri_too_long' : 'headers_too_large';
}
//# sourceMappingURL=request-reader.js.map