import { FRAMING_AS_IS, FRAMING_STREAM } from '../downstream.js';
import { ResponseLines } from './response-lines.js';
/** All that was given has been written. */
export const WRITTEN = 0;
/** The client is slow; `onWritable` will be called. */
export const BLOCKED = 1;
/** The response is complete: the native object must not be touched any more. */
export const COMPLETE = 2;
/** The body is not as long as its Content-Length says: only closing the connection tells the client. */
export const MISFRAMED = 3;
const EMPTY = Buffer.alloc(0);
const CLOSE = '\r\nConnection: close';
const BEYOND_ASCII = /[^\x00-\x7f]/;
/**
 * One response at a time on its way into µWS, which insists on writing Date, framing and, when told to close, Connection
 * itself. A response that is whole when it is first written goes with its length and in one call.
 */
export class ResponseWriter {
    started = false;
    #lines = new ResponseLines();
    #head = '';
    #headWritten = false;
    #bodyless = false;
    #chunked = false;
    /** Of the body; -1 when unknown. */
    #length = -1;
    #close = false;
    #engineCloses = false;
    #queue = [];
    /** Bytes of the body that µWS has taken. */
    #taken = 0;
    /** `end` was called. */
    ended = false;
    reset() {
        this.started = false;
        this.ended = false;
        this.#queue = [];
    }
    /**
     * @param close close the connection behind the response
     * @param engineCloses µWS closes it by itself
     */
    begin(status, reason, lines, framing, length, toHead, close, engineCloses) {
        const split = this.#lines;
        split.read(lines);
        this.started = true;
        this.#headWritten = false;
        this.#chunked = framing === FRAMING_STREAM;
        this.#length = framing === FRAMING_AS_IS ? split.length : length;
        this.#bodyless = toHead || status === 204 || status === 304;
        this.#close = close;
        this.#engineCloses = engineCloses;
        this.#queue = [];
        this.#taken = 0;
        this.ended = false;
        this.#head = `${status} ${reason}`;
        if (split.text !== '')
            this.#head += `\r\n${split.text.slice(0, -2)}`;
        // What µWS makes of a given length without a body is a response that never ends, so it is written as any field.
        if (this.#bodyless && !this.#chunked && this.#length >= 0 && status !== 204) {
            this.#head += `\r\nContent-Length: ${this.#length}`;
        }
        if (!this.#chunked && this.#length < 0)
            this.#length = 0;
    }
    /** Nothing of the response has been written, and this many bytes are all of its body. */
    isWhole(length) {
        return !this.#headWritten && !this.#chunked && !this.#bodyless && this.#length === length;
    }
    add(chunk) {
        if (!this.#bodyless && chunk.length > 0)
            this.#queue.push(chunk);
    }
    end() {
        this.ended = true;
    }
    /** Whether there is something to do for `write`. */
    get pending() {
        if (this.#queue.length > 0 || this.ended)
            return true;
        return this.started && !this.#headWritten && !this.#bodyless && !this.#chunked;
    }
    /** Makes copies of what waits, because the memory it stands in is about to be used again. */
    retain() {
        const queue = this.#queue;
        for (let i = 0; i < queue.length; i++)
            queue[i] = Buffer.from(queue[i]);
    }
    /** Writes all there is; to be called inside `cork`. */
    write(response) {
        if (!this.#headWritten) {
            if (this.#bodyless)
                return this.ended ? this.#writeBodyless(response) : WRITTEN;
            if (this.ended)
                return this.#writeWhole(response);
            if (!this.#mayStream())
                return WRITTEN;
            this.#writeHead(response, this.#close || this.#engineCloses);
        }
        return this.#chunked ? this.#writeChunks(response) : this.#writeSized(response);
    }
    /** µWS ends the head only with the first byte of a chunked body, and takes a length of 0 for no length. */
    #mayStream() {
        return this.#chunked ? this.#queue.length > 0 : this.#length > 0;
    }
    #writeHead(response, close) {
        this.#headWritten = true;
        const text = close ? this.#head + CLOSE : this.#head;
        // µWS writes strings as UTF-8; fields are bytes (rule A7).
        response.writeStatus(BEYOND_ASCII.test(text) ? Buffer.from(text, 'latin1') : text);
    }
    #writeBodyless(response) {
        this.#writeHead(response, this.#close || this.#engineCloses);
        response.endWithoutBody();
        return COMPLETE;
    }
    #writeWhole(response) {
        const queue = this.#queue;
        const body = queue.length === 0 ? EMPTY : queue.length === 1 ? queue[0] : Buffer.concat(queue);
        if (!this.#chunked && body.length !== this.#length)
            return MISFRAMED;
        this.#queue = [];
        this.#writeHead(response, this.#engineCloses);
        response.end(body, this.#close && !this.#engineCloses);
        return COMPLETE;
    }
    #writeChunks(response) {
        let more = true;
        for (const chunk of this.#queue)
            more = response.write(chunk) && more;
        this.#queue = [];
        if (this.ended) {
            response.end();
            return COMPLETE;
        }
        return more ? WRITTEN : BLOCKED;
    }
    #writeSized(response) {
        const queue = this.#queue;
        if (queue.length === 0 && !this.ended)
            queue.push(EMPTY);
        while (queue.length > 0) {
            const chunk = queue[0];
            if (this.#taken + chunk.length > this.#length)
                return MISFRAMED;
            const [ok, complete] = response.tryEnd(chunk, this.#length);
            if (complete) {
                queue.length = 0;
                return COMPLETE;
            }
            if (!ok) {
                const taken = response.getWriteOffset();
                queue[0] = chunk.subarray(taken - this.#taken);
                if (queue[0].length === 0)
                    queue.shift();
                this.#taken = taken;
                return BLOCKED;
            }
            this.#taken += chunk.length;
            queue.shift();
        }
        // It ended before its length was reached.
        return this.ended ? MISFRAMED : WRITTEN;
    }
}
//# sourceMappingURL=response-writer.js.map