import { WriteWrap, writeError } from './socket-output.js';
/** Above this many bytes the peer counts as slow, until less than `LOW_WATER` are left. */
const HIGH_WATER = 128 * 1024;
const LOW_WATER = 32 * 1024;
/** The writing half of one TLS connection. */
export class TlsOutput {
    #socket;
    #onDrain;
    /** Two take turns: the one whose completion is being told is not free yet. Null where Node's insides are others. */
    #request;
    #otherRequest;
    /** The piece in progress, null when there is none. */
    #current = null;
    /** The pieces behind it; text that follows text is joined. */
    #queue = [];
    #size = 0;
    #ending = false;
    blocked = false;
    /** @param socket its handshake need not be complete: what is written before waits for it */
    constructor(socket, onDrain) {
        this.#socket = socket;
        this.#onDrain = onDrain;
        const oncomplete = (status) => this.#onComplete(status);
        this.#request = WriteWrap === null ? null : Object.assign(new WriteWrap(), { oncomplete });
        this.#otherRequest = WriteWrap === null ? null : Object.assign(new WriteWrap(), { oncomplete });
        if (socket.secureConnecting) {
            this.#current = '';
            socket.once('secureConnect', () => this.#onComplete(0));
        }
    }
    get queued() {
        return this.#size;
    }
    writeText(text) {
        this.#size += text.length;
        if (this.#current === null)
            this.#send(text);
        else {
            const last = this.#queue.length - 1;
            const tail = this.#queue[last];
            if (typeof tail === 'string')
                this.#queue[last] = tail + text;
            else
                this.#queue.push(text);
        }
        return this.#room();
    }
    /** One buffer for all of it makes one record of it; the bytes have to be copied anyway. */
    writeChunk(before, input, start, end, after) {
        const length = end - start;
        const piece = Buffer.allocUnsafe(before.length + length + after.length);
        if (before !== '')
            piece.write(before, 0, 'latin1');
        piece.set(start === 0 && end === input.length ? input : input.subarray(start, end), before.length);
        if (after !== '')
            piece.write(after, before.length + length, 'latin1');
        this.#size += piece.length;
        if (this.#current === null)
            this.#send(piece);
        else
            this.#queue.push(piece);
        return this.#room();
    }
    end() {
        if (this.#current === null)
            this.#socket.end();
        else
            this.#ending = true;
    }
    #room() {
        if (this.#size > HIGH_WATER)
            this.blocked = true;
        return !this.blocked;
    }
    #send(piece) {
        const socket = this.#socket;
        const handle = socket._handle;
        if (handle === null)
            return;
        this.#current = piece;
        const request = this.#request;
        if (request === null) {
            socket.write(piece, 'latin1', (error) => this.#onComplete(error ? -1 : 0));
            return;
        }
        this.#request = this.#otherRequest;
        this.#otherRequest = request;
        const status = typeof piece === 'string'
            ? handle.writeLatin1String(request, piece)
            : handle.writeBuffer(request, piece);
        if (status !== 0)
            socket.destroy(writeError(status));
    }
    #onComplete(status) {
        const socket = this.#socket;
        this.#size -= this.#current?.length ?? 0;
        this.#current = null;
        if (socket.destroyed)
            return;
        if (status < 0) {
            socket.destroy(writeError(status));
            return;
        }
        const next = this.#queue.shift();
        if (next !== undefined)
            this.#send(next);
        else if (this.#ending)
            socket.end();
        if (this.blocked && this.#size < LOW_WATER) {
            this.blocked = false;
            this.#onDrain();
        }
    }
}
//# sourceMappingURL=tls-output.js.map