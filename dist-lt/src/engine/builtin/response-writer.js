import { latin1 } from '../../http/latin1.js';
/** Pieces up to this size are joined to one string and written with one system call; larger ones go as they are. */
const JOIN_LIMIT = 16 * 1024;
/** Writes one response at a time: collects head, small pieces and chunk framing into one write per event. */
export class ResponseWriter {
    #output;
    #text = '';
    #chunked = false;
    /** True from `begin` until `reset`. */
    started = false;
    /** The end of the body is the end of the connection. */
    closeDelimited = false;
    constructor(output) {
        this.#output = output;
    }
    begin(head, chunked, closeDelimited) {
        this.#text = head;
        this.#chunked = chunked;
        this.started = true;
        this.closeDelimited = closeDelimited;
    }
    reset() {
        this.started = false;
        this.closeDelimited = false;
    }
    /**
     * Takes `input[start, end)`, copied if it cannot be sent at once.
     *
     * @returns false when the client is slow
     */
    body(input, start, end) {
        const length = end - start;
        if (length === 0)
            return true;
        if (this.#chunked)
            this.#text += `${length.toString(16)}\r\n`;
        if (length + this.#text.length <= JOIN_LIMIT) {
            this.#text += latin1(input, start, end);
            if (this.#chunked)
                this.#text += '\r\n';
            return !this.#output.blocked;
        }
        const text = this.#text;
        this.#text = '';
        return this.#output.writeChunk(text, input, start, end, this.#chunked ? '\r\n' : '');
    }
    end(trailers) {
        if (this.#chunked)
            this.#text += `0\r\n${trailers}\r\n`;
        this.flush();
    }
    flush() {
        if (this.#text === '')
            return;
        const text = this.#text;
        this.#text = '';
        this.#output.writeText(text);
    }
}
//# sourceMappingURL=response-writer.js.map