import { retain } from '../../../shared/read-buffer.js';
/**
 * One call's turn on a shared connection. A call that stops reading does not stop the ones behind it: what comes for it
 * meanwhile is kept here.
 */
export class Turn {
    /** The turn after this one, or the next of the list of unused ones. */
    next = null;
    /** Null: the call went away, and its response is thrown away. */
    call = null;
    toHead = false;
    /** Milliseconds that the response may take. */
    patience = 0;
    /** Bytes kept for the call. */
    kept = 0;
    #pipeline;
    #sent = false;
    #paused = false;
    #handingOver = false;
    #chunks = [];
    /** Not null: the response is complete, and its rest is kept here. */
    #trailers = null;
    constructor(pipeline) {
        this.#pipeline = pipeline;
    }
    begin(call, patience) {
        this.next = null;
        this.call = call;
        this.patience = patience;
        this.#sent = false;
        this.#paused = false;
        return this;
    }
    // --- the call's side -------------------------------------------------------------------------------------------
    get connected() {
        return this.#pipeline.connected;
    }
    sendHead(text, _bodyFollows, _chunked, toHead) {
        this.toHead = toHead;
        this.#sent = true;
        this.#pipeline.send(this, text);
    }
    write(_chunk) {
        throw new TypeError('requests with a body do not share connections');
    }
    endRequest(_trailers) { }
    pause() {
        this.#paused = true;
    }
    resume() {
        this.#paused = false;
        if (this.kept > 0 && !this.#handingOver)
            this.#handOver();
    }
    abandon(late) {
        this.call = null;
        if (!this.#sent) {
            this.#pipeline.withdraw(this);
            return;
        }
        this.#drop();
        if (this.#trailers === null) {
            this.#pipeline.onAbandoned(this, late);
        }
        else {
            this.#trailers = null;
            this.#pipeline.recycle(this);
        }
    }
    // --- the connection's side ---------------------------------------------------------------------------------------
    head(head) {
        this.call?.onResponseHead(head);
    }
    data(input, start, end) {
        const call = this.call;
        if (call === null)
            return;
        if (this.#paused || this.kept > 0) {
            this.#chunks.push(retain(input, start, end));
            this.kept += end - start;
        }
        else {
            call.onResponseData(input, start, end);
        }
    }
    /** The response is complete and the turn over, though not for a call that has not taken everything yet. */
    end(trailers) {
        const call = this.call;
        if (call !== null && this.kept > 0) {
            this.#trailers = trailers;
            return;
        }
        this.call = null;
        this.#pipeline.recycle(this);
        call?.onResponseEnd(trailers);
    }
    fail(failure, detail) {
        const call = this.call;
        this.call = null;
        this.#drop();
        call?.onFailure(failure, detail);
    }
    #drop() {
        this.kept = 0;
        this.#chunks = [];
    }
    #handOver() {
        const call = this.call;
        this.#handingOver = true;
        while (this.kept > 0 && !this.#paused && this.call === call) {
            const chunk = this.#chunks.shift();
            this.kept -= chunk.length;
            call.onResponseData(chunk, 0, chunk.length);
        }
        this.#handingOver = false;
        // Paused again, or the call has gone away inside.
        if (this.kept > 0 || this.call !== call)
            return;
        const trailers = this.#trailers;
        if (trailers !== null) {
            this.#trailers = null;
            this.end(trailers);
            return;
        }
        call.onReadEnd();
        this.#pipeline.onCaughtUp(this);
    }
}
//# sourceMappingURL=turn.js.map