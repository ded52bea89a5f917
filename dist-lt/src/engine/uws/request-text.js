/** What µWS itself understands by `Connection: close`: a first Connection field of this many bytes, whatever they are. */
const CLOSE_LENGTH = 5;
/** U+FFFD: µWS hands values over as UTF-8, and what is none comes as this. */
const REPLACEMENT = '\ufffd';
const BEYOND_ASCII = /[^\x00-\x7f]/;
/**
 * The head of a request as it was on the wire, put together again from what µWS says about it, so that the very same code
 * validates and forwards it as for the built-in engine. `''` from `read` means that bytes were lost on the way.
 */
export class RequestText {
    /** µWS will close the connection after the response, announced or not. */
    closes = false;
    #lines = '';
    #connectionSeen = false;
    #visit = (name, value) => {
        this.#lines += `${name}: ${value}\r\n`;
        if (name === 'connection' && !this.#connectionSeen) {
            this.#connectionSeen = true;
            this.closes = value.length === CLOSE_LENGTH;
        }
    };
    /** @returns the head with its empty line, latin1; `''` when a byte of it cannot be known */
    read(request) {
        this.#lines = '';
        this.#connectionSeen = false;
        this.closes = false;
        request.forEach(this.#visit);
        // Builds differ in whether they give the method as it came, but only standard methods in capitals come this far.
        const method = request.getCaseSensitiveMethod().toUpperCase();
        const query = request.getQuery();
        const target = query === undefined || query === '' ? request.getUrl() : `${request.getUrl()}?${query}`;
        const text = `${method} ${target} HTTP/1.1\r\n${this.#lines}\r\n`;
        if (!BEYOND_ASCII.test(text))
            return text;
        return text.includes(REPLACEMENT) ? '' : Buffer.from(text, 'utf8').toString('latin1');
    }
}
//# sourceMappingURL=request-text.js.map