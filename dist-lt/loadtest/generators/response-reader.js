/**
 * Finds the end of HTTP/1.1 responses in a byte stream. Only what the comparison's origin sends: a status line, fields
 * with Content-Length, a body.
 */
export class ResponseReader {
    /** Status of the response that was completed last. */
    status = 0;
    #head = '';
    #bodyLeft = 0;
    /**
     * Takes the next bytes; there must not be more than one response in flight.
     * @returns true when they complete a response
     * @throws Error when the response has no Content-Length
     */
    take(bytes, length) {
        if (this.#bodyLeft > 0) {
            this.#bodyLeft -= length;
            return this.#bodyLeft <= 0;
        }
        this.#head += bytes.toString('latin1', 0, length);
        const end = this.#head.indexOf('\r\n\r\n');
        if (end < 0)
            return false;
        const size = /\r\ncontent-length: *(\d+)/i.exec(this.#head);
        if (!size || size.index > end)
            throw new Error('a response without Content-Length');
        this.status = Number(this.#head.slice(9, 12));
        this.#bodyLeft = end + 4 + Number(size[1]) - this.#head.length;
        this.#head = '';
        return this.#bodyLeft <= 0;
    }
    /** Forgets a response that was cut off. */
    reset() {
        this.#head = '';
        this.#bodyLeft = 0;
    }
}
//# sourceMappingURL=response-reader.js.map