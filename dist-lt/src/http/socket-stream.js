import { retain } from '../shared/read-buffer.js';
import { latin1 } from './latin1.js';
/**
 * A peer that vanished without a word is found by the kernel's probes, which begin after this silence. Milliseconds. Where
 * nothing is sent for hours nothing else would find it.
 */
export const PROBE_AFTER_MS = 60_000;
/** Milliseconds that a peer gets to read the rest after both directions have ended. */
const LINGER_MS = 5000;
/** Up to this size bytes go to the kernel as text: it nearly always takes them at once, and then nothing is copied. */
const TEXT_LIMIT = 16 * 1024;
/**
 * A TCP connection as a byte stream. Whoever owned the socket before goes on to get its events and passes them on:
 * that costs no listeners, and a tunnel of two sockets stays small.
 */
export class SocketStream {
    #socket;
    #output;
    #reader = null;
    #early;
    #peerEnded = false;
    #gone = false;
    /** @param early bytes that were read before the connection became a tunnel */
    constructor(socket, output, early) {
        this.#socket = socket;
        this.#output = output;
        this.#early = early;
        socket.setKeepAlive(true, PROBE_AFTER_MS);
    }
    start(reader) {
        this.#reader = reader;
        this.#socket.resume();
        const early = this.#early;
        if (early !== null) {
            this.#early = null;
            reader.onBytes(early, 0, early.length);
        }
        if (this.#gone)
            reader.onGone();
        else if (this.#peerEnded)
            reader.onEnd();
    }
    write(input, start, end) {
        if (end - start > TEXT_LIMIT)
            return this.#output.writeChunk('', input, start, end, '');
        return this.#output.writeText(latin1(input, start, end));
    }
    pause() {
        this.#socket.pause();
    }
    resume() {
        this.#socket.resume();
    }
    end() {
        this.#output.end();
    }
    abort() {
        const socket = this.#socket;
        if (this.#peerEnded && socket.writableEnded && this.#output.queued > 0) {
            // Both directions have ended in good order: the last bytes only have to leave.
            socket.setTimeout(LINGER_MS, () => socket.destroy());
        }
        else {
            socket.destroy();
        }
    }
    // --- from the owner of the socket ------------------------------------------------------------------------------
    received(input, start, end) {
        if (this.#reader !== null) {
            this.#reader.onBytes(input, start, end);
            return;
        }
        const copy = retain(input, start, end);
        this.#early = this.#early === null ? copy : Buffer.concat([this.#early, copy]);
        this.#socket.pause();
    }
    peerEnded() {
        this.#peerEnded = true;
        this.#reader?.onEnd();
    }
    drained() {
        this.#reader?.onDrain();
    }
    closed() {
        if (this.#gone)
            return;
        this.#gone = true;
        this.#reader?.onGone();
    }
}
//# sourceMappingURL=socket-stream.js.map