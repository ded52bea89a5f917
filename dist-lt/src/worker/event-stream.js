import { coarseClock, exactNow } from '../shared/coarse-clock.js';
const LF = 10;
const CR = 13;
/** A comment and an empty line: no event for the client (WHATWG HTML, section 9.2.6). */
const HEARTBEAT = Buffer.from(':\n\n');
/** In a shutdown: a stream that was silent for so long is waiting for news, not in the middle of an answer. */
const QUIET_MS = 5000;
/** Before the end of a shutdown, so that the ends still reach the clients: at most so long, at most a share of what is left. */
const LAST_MS = 1000;
const LAST_SHARE = 0.25;
const NEVER = Number.MAX_SAFE_INTEGER;
/**
 * A response of server-sent events on its way to the client. Bytes pass as they come; what is followed is only whether an
 * event is complete, because the gateway puts heartbeats between events, and ends the stream there when it shuts down.
 */
export class EventStream {
    previous = null;
    next = null;
    deadline;
    #downstream;
    #heartbeat;
    #onShutdownEnd;
    /** The last four bytes. A stream begins like behind an event. */
    #last = (LF << 8) | LF;
    #lastSent = coarseClock.now;
    /** Not NEVER: the gateway shuts down, and the stream ends at the first boundary after this. */
    #endFrom = NEVER;
    #blocked = false;
    /**
     * @param heartbeat milliseconds of silence after which a comment is sent; 0: never
     * @param onShutdownEnd the stream ends here because the gateway shuts down
     */
    constructor(downstream, heartbeat, onShutdownEnd) {
        this.#downstream = downstream;
        this.#heartbeat = heartbeat === 0 ? NEVER : heartbeat;
        this.#onShutdownEnd = onShutdownEnd;
        this.deadline = this.#limit();
        downstream.expectSilence?.();
    }
    sendBody(input, start, end) {
        for (let at = Math.max(start, end - 4); at < end; at++)
            this.#last = (this.#last << 8) | input[at];
        exactNow();
        this.#lastSent = coarseClock.now;
        this.#blocked = !this.#downstream.sendBody(input, start, end);
        return !this.#blocked;
    }
    endBody(trailers) {
        this.#downstream.endBody(trailers);
    }
    flush() {
        this.#downstream.flush();
    }
    /** The client reads again. */
    drained() {
        this.#blocked = false;
    }
    /** @param until what is left will be cut then */
    shutdown(until) {
        const now = coarseClock.now;
        this.#endFrom = until - Math.min(LAST_MS, (until - now) * LAST_SHARE);
        this.deadline = this.#limit();
        if (now >= this.deadline)
            this.onDeadline(now);
    }
    onDeadline(now) {
        if (now < this.#limit()) {
            this.deadline = this.#limit();
            return;
        }
        const between = this.#betweenEvents();
        if (this.#endFrom !== NEVER && between && now >= this.#endLimit()) {
            this.deadline = 0;
            this.#onShutdownEnd();
            return;
        }
        if (between && !this.#blocked && now >= this.#heartbeatLimit()) {
            this.sendBody(HEARTBEAT, 0, HEARTBEAT.length);
            this.#downstream.flush();
        }
        // In the middle of an event, or the client does not read: look again at the next tick.
        this.deadline = Math.max(this.#limit(), now + 1);
    }
    #limit() {
        return Math.min(this.#heartbeatLimit(), this.#endLimit());
    }
    #heartbeatLimit() {
        return this.#heartbeat === NEVER ? NEVER : this.#lastSent + this.#heartbeat;
    }
    #endLimit() {
        return this.#endFrom === NEVER ? NEVER : Math.min(this.#endFrom, this.#lastSent + QUIET_MS);
    }
    /** The last two line ends are next to each other; a line ends with CRLF, LF or CR. */
    #betweenEvents() {
        const last = this.#last & 0xff;
        const second = (this.#last >> 8) & 0xff;
        if (last === LF && second === CR)
            return isLineEnd((this.#last >> 16) & 0xff);
        return isLineEnd(last) && isLineEnd(second);
    }
}
function isLineEnd(byte) {
    return byte === LF || byte === CR;
}
//# sourceMappingURL=event-stream.js.map