/** The little that a tunnel has to know of WebSocket frames (RFC 6455 section 5.2): where one ends, and how to close. */
const OPCODE_MASK = 0x0f;
const OPCODE_CLOSE = 8;
const FINAL_CLOSE = 0x88;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
/** The server goes away (RFC 6455 section 7.4.1). */
export const CLOSE_GOING_AWAY = 1001;
/** This connection ends, the service goes on: connect again (registered with IANA). */
export const CLOSE_SERVICE_RESTART = 1012;
/**
 * Follows the frames that a server sends by their headers, so that the gateway can put a Close frame between two of them.
 * Payloads are skipped, not looked at.
 */
export class FrameTracker {
    /** The server has sent a Close frame: nothing may follow it. */
    closed = false;
    /** These are no frames of a WebSocket server: the tunnel goes on, but nothing can be put into it. */
    lost = false;
    /** Bytes of the header of the current frame that have been read, and how many it has. */
    #headerRead = 0;
    #headerSize = 2;
    #length = 0;
    /** Bytes of payload still to come. */
    #payload = 0;
    /** Between two frames. */
    get atBoundary() {
        return this.#headerRead === 0 && this.#payload === 0 && !this.lost;
    }
    /**
     * Reads on in `input[start, end)`, but not beyond the end of a frame.
     *
     * @returns how far it came
     */
    read(input, start, end) {
        let at = start;
        while (this.#payload === 0) {
            if (this.lost || at === end)
                return end;
            this.#readHeader(input[at++]);
            if (this.#headerRead === this.#headerSize) {
                this.#headerRead = 0;
                this.#payload = this.#length;
                if (this.#payload === 0)
                    return at;
            }
        }
        const take = Math.min(this.#payload, end - at);
        this.#payload -= take;
        return at + take;
    }
    #readHeader(byte) {
        const index = this.#headerRead++;
        if (index === 0) {
            if ((byte & OPCODE_MASK) === OPCODE_CLOSE)
                this.closed = true;
        }
        else if (index === 1) {
            this.#readLength(byte);
        }
        else {
            this.#length = this.#length * 256 + byte;
            if (this.#length > Number.MAX_SAFE_INTEGER)
                this.lost = true;
        }
    }
    /** Servers do not mask (RFC 6455 section 5.1). */
    #readLength(byte) {
        if ((byte & MASKED) !== 0)
            this.lost = true;
        this.#headerSize = byte === LENGTH_16 ? 4 : byte === LENGTH_64 ? 10 : 2;
        this.#length = byte < LENGTH_16 ? byte : 0;
    }
}
/**
 * A Close frame as servers send it.
 *
 * @param reason ASCII, at most 123 characters
 */
export function closeFrame(code, reason) {
    const frame = Buffer.allocUnsafe(4 + reason.length);
    frame[0] = FINAL_CLOSE;
    frame[1] = 2 + reason.length;
    frame.writeUInt16BE(code, 2);
    frame.write(reason, 4, 'latin1');
    return frame;
}
//# sourceMappingURL=websocket-frames.js.map