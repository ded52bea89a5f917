/**
 * Writes text to a socket past the stream machinery of Node, which costs a proxied request about 3 µs for its two writes:
 * more than half of what all of the gateway's own code takes. The kernel nearly always takes a response or request head
 * at once; then nothing has to be remembered and one request object serves for all writes. Only when it does not, or
 * when the stream itself still holds bytes, does the stream have to know.
 *
 * This uses two things of Node that are not documented: the handle of a socket and the class of its write requests. Both
 * have been the same since Node 10; where they are missing, writes go through the stream.
 */
import { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { retain } from './read-buffer.js';
/** Null where Node's insides are others than we know. */
export const WriteWrap = findWriteRequestClass();
/** The class is not exported, but every handle is given an instance: this one is only there to look at it. */
function findWriteRequestClass() {
    let found = null;
    const probe = {
        writeLatin1String(request) {
            found = request.constructor;
            return 0;
        },
        readStart: () => 0,
        getAsyncId: () => 0,
        close(done) {
            done?.();
        },
    };
    try {
        const socket = new Socket({ handle: probe, manualStart: true });
        socket.on('error', () => { });
        socket.write('x', 'latin1');
        socket.destroy();
    }
    catch {
        return null;
    }
    return typeof found === 'function' && found.name === 'WriteWrap' ? found : null;
}
/** The writing half of one plain socket. */
export class SocketOutput {
    #socket;
    #onDrain;
    #request = null;
    /** A direct write waits for the peer. */
    #waiting = false;
    /** @param onDrain the peer reads again after a write returned false */
    constructor(socket, onDrain) {
        this.#socket = socket;
        this.#onDrain = onDrain;
        socket.on('drain', () => {
            if (!this.#waiting)
                onDrain();
        });
    }
    /** The last write returned false and the peer has not caught up yet. */
    get blocked() {
        return this.#waiting || this.#socket.writableNeedDrain;
    }
    /** Bytes written that the kernel has not taken. */
    get queued() {
        return this.#socket.writableLength + (handleOf(this.#socket)?.writeQueueSize ?? 0);
    }
    /**
     * @param text latin1
     * @returns false when the peer is slow
     */
    writeText(text) {
        const socket = this.#socket;
        const handle = handleOf(socket);
        if (handle === null ||
            WriteWrap === null ||
            this.#waiting ||
            socket.connecting ||
            socket.writableLength !== 0) {
            return socket.write(text, 'latin1') && !this.#waiting;
        }
        const request = this.#request ?? new WriteWrap();
        const status = handle.writeLatin1String(request, text);
        if (status !== 0) {
            socket.destroy(writeError(status));
            return false;
        }
        if (handle.writeQueueSize === 0) {
            this.#request = request;
            return true;
        }
        this.#request = null;
        this.#waiting = true;
        request.oncomplete = (result) => this.#onComplete(result);
        return false;
    }
    writeChunk(before, input, start, end, after) {
        const socket = this.#socket;
        socket.cork();
        if (before !== '')
            socket.write(before, 'latin1');
        socket.write(retain(input, start, end));
        if (after !== '')
            socket.write(after, 'latin1');
        socket.uncork();
        return !this.blocked;
    }
    end() {
        this.#socket.end();
    }
    #onComplete(status) {
        this.#waiting = false;
        if (this.#socket.destroyed)
            return;
        if (status < 0)
            this.#socket.destroy(writeError(status));
        else
            this.#onDrain();
    }
}
/** Like the errors of Node's own sockets. */
export function writeError(status) {
    const code = getSystemErrorName(status);
    return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' });
}
function handleOf(socket) {
    return socket._handle;
}
//# sourceMappingURL=socket-output.js.map