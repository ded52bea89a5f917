import { HEX } from './characters.js';
import { HeaderBlock, SCAN_OK } from './header-block.js';
import { latin1 } from './latin1.js';
const SIZE_FIRST = 0;
const SIZE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
/** After space behind the size only an extension may come. */
const SIZE_SPACE = 10;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILER = 7;
const DONE = 8;
const FAILED = 9;
const CR = 13;
const LF = 10;
const SPACE = 0x20;
const TAB = 0x09;
const SEMICOLON = 0x3b;
/** Bytes of chunk extensions one body may carry: they are free for an attacker otherwise (rule A12). */
const MAX_EXTENSION_BYTES = 8 * 1024;
const MAX_TRAILER_BYTES = 16 * 1024;
const MAX_TRAILERS = 64;
/**
 * Strict decoder of RFC 9112 section 7.1 (rule A12). Puts up with any split of the input, never accepts a bare LF, and
 * knows exactly where the body ends.
 */
export class ChunkedDecoder {
    #state = SIZE_FIRST;
    #remaining = 0;
    #extensionBytes = 0;
    #limit = 0;
    /** Sum of the chunk sizes so far, whether or not their data has arrived. */
    #announced = 0;
    /** The body failed because it is larger than the limit. */
    tooLarge = false;
    /** Well-formed trailer section without its final empty line; lines end with CRLF. Valid once done. */
    trailers = '';
    /** @param limit bytes of data the body may have; 0 means no limit */
    reset(limit) {
        this.#limit = limit;
        this.#announced = 0;
        this.tooLarge = false;
        this.#state = SIZE_FIRST;
        this.#remaining = 0;
        this.#extensionBytes = 0;
        this.trailers = '';
    }
    get done() {
        return this.#state === DONE;
    }
    get failed() {
        return this.#state === FAILED;
    }
    /**
     * Consumes `input[at, length)` until the body is done, the input ends or the framing is broken.
     *
     * @returns the index of the first byte not consumed
     */
    decode(input, at, length, sink) {
        while (at < length) {
            switch (this.#state) {
                case SIZE_FIRST:
                case SIZE: {
                    const digit = HEX[input[at]];
                    if (digit !== 255) {
                        // 2^49 bytes is past any real body and still exact in a double after one more digit.
                        if (this.#remaining >= 2 ** 49)
                            return this.#fail(at);
                        this.#remaining = this.#remaining * 16 + digit;
                        this.#state = SIZE;
                        at++;
                        break;
                    }
                    if (this.#state === SIZE_FIRST)
                        return this.#fail(at);
                    const code = input[at];
                    if (code === CR)
                        this.#state = SIZE_LF;
                    else if (code === SEMICOLON)
                        this.#state = EXTENSION;
                    else if (code === SPACE || code === TAB)
                        this.#state = SIZE_SPACE;
                    else
                        return this.#fail(at);
                    at++;
                    break;
                }
                case SIZE_SPACE: {
                    const code = input[at++];
                    if (code === SEMICOLON)
                        this.#state = EXTENSION;
                    else if ((code !== SPACE && code !== TAB) || ++this.#extensionBytes > MAX_EXTENSION_BYTES)
                        return this.#fail(at);
                    break;
                }
                case EXTENSION: {
                    const code = input[at++];
                    if (code === CR)
                        this.#state = SIZE_LF;
                    else if ((code < 0x20 && code !== 0x09) ||
                        code === 0x7f ||
                        ++this.#extensionBytes > MAX_EXTENSION_BYTES) {
                        return this.#fail(at);
                    }
                    break;
                }
                case SIZE_LF:
                    if (input[at++] !== LF)
                        return this.#fail(at);
                    this.#state = this.#remaining === 0 ? TRAILER : DATA;
                    this.#announced += this.#remaining;
                    if (this.#limit !== 0 && this.#announced > this.#limit) {
                        this.tooLarge = true;
                        return this.#fail(at);
                    }
                    break;
                case DATA: {
                    const take = Math.min(this.#remaining, length - at);
                    sink.onChunkData(input, at, at + take);
                    at += take;
                    this.#remaining -= take;
                    if (this.#remaining === 0)
                        this.#state = DATA_CR;
                    break;
                }
                case DATA_CR:
                    if (input[at++] !== CR)
                        return this.#fail(at);
                    this.#state = DATA_LF;
                    break;
                case DATA_LF:
                    if (input[at++] !== LF)
                        return this.#fail(at);
                    this.#state = SIZE_FIRST;
                    break;
                case TRAILER:
                    at = this.#readTrailer(input, at, length);
                    break;
                default:
                    return at;
            }
        }
        return at;
    }
    /** Collects whole lines; the section ends with an empty one. */
    #readTrailer(input, at, length) {
        const found = input.indexOf(LF, at);
        const lf = found < length ? found : -1;
        const end = lf < 0 ? length : lf + 1;
        this.trailers += latin1(input, at, end);
        if (this.trailers.length > MAX_TRAILER_BYTES)
            return this.#fail(end);
        if (lf < 0)
            return end;
        const text = this.trailers;
        if (!text.endsWith('\r\n'))
            return this.#fail(end);
        const complete = text === '\r\n' || text.endsWith('\r\n\r\n');
        // Every line is checked as soon as it is there: `0 CRLF XX` must not wait for more (CVE-2023-40175).
        if (text !== '\r\n' &&
            new HeaderBlock().scan(complete ? text : `${text}\r\n`, 0, MAX_TRAILERS) !== SCAN_OK) {
            return this.#fail(end);
        }
        if (complete) {
            this.trailers = text.slice(0, -2);
            this.#state = DONE;
        }
        return end;
    }
    #fail(at) {
        this.#state = FAILED;
        return at;
    }
}
//# sourceMappingURL=chunked.js.map