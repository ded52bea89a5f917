/**
 * Primary side: writes log text to a file descriptor without ever blocking the thread, and without holding more than a
 * fixed amount when the reader is slow or stuck; what does not fit is dropped and counted.
 *
 * Why not the asynchronous destination of the logging library: it hands the write to libuv's thread pool, and a pool
 * thread stuck in `write` on a full pipe keeps the process from exiting (seen on Node 20: `process.exit` waits until the
 * reader reads or goes away). Here pipes and sockets are written through libuv's event loop instead.
 */
import { constants, fstatSync, openSync, write } from 'node:fs';
import { Socket } from 'node:net';
const MAX_CHUNK_CHARS = 256 * 1024;
/** A terminal stopped by Ctrl-S, the only thing that is polled. */
const BUSY_RETRY_MS = 20;
export class LogOutput {
    #sink;
    #maxQueued;
    #onDrop;
    #onRecovered;
    #queue = [];
    #queued = 0;
    #isWriting = false;
    #isBroken = false;
    #dropped = 0;
    #onIdle = null;
    constructor(fd, options = {}) {
        this.#maxQueued = options.maxQueued ?? 8 * 1024 * 1024;
        this.#onDrop = options.onDrop ?? (() => { });
        this.#onRecovered = options.onRecovered ?? (() => { });
        this.#sink = openSink(fd);
    }
    /** Takes whole lines. Never throws and never blocks. */
    write(text) {
        if (this.#isBroken || this.#queued + text.length > this.#maxQueued) {
            this.#drop(text);
            return;
        }
        this.#queue.push(text);
        this.#queued += text.length;
        if (!this.#isWriting)
            this.#writeNext();
    }
    /** Waits until everything is written, at most `timeoutMs`, and gives up the rest. */
    async close(timeoutMs) {
        if (this.#isWriting) {
            let timer;
            await new Promise((resolve) => {
                this.#onIdle = resolve;
                timer = setTimeout(resolve, timeoutMs);
            });
            clearTimeout(timer);
        }
        this.#isBroken = true;
        this.#queue = [];
        this.#sink.destroy();
    }
    #writeNext() {
        if (this.#queue.length === 0) {
            this.#isWriting = false;
            if (this.#dropped > 0 && !this.#isBroken) {
                const lines = this.#dropped;
                this.#dropped = 0;
                this.#onRecovered(lines);
            }
            if (!this.#isWriting)
                this.#onIdle?.();
            return;
        }
        this.#isWriting = true;
        const text = this.#takeChunk();
        this.#sink.write(text, (error) => {
            this.#queued -= text.length;
            if (error)
                this.#fail(error, text);
            this.#writeNext();
        });
    }
    #takeChunk() {
        let count = 0;
        let chars = 0;
        while (count < this.#queue.length &&
            (count === 0 || chars + this.#queue[count].length <= MAX_CHUNK_CHARS)) {
            chars += this.#queue[count].length;
            count++;
        }
        return this.#queue.splice(0, count).join('');
    }
    /** A full disk may have room again later; a reader that went away does not come back. */
    #fail(error, text) {
        this.#drop(text);
        if (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EIO')
            return;
        this.#isBroken = true;
        for (const waiting of this.#queue)
            this.#drop(waiting);
        this.#queue = [];
        this.#queued = 0;
    }
    #drop(text) {
        let lines = 0;
        for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1))
            lines++;
        this.#dropped += lines;
        this.#onDrop(lines);
    }
}
function openSink(fd) {
    const stat = fstatSync(fd);
    if (stat.isFIFO())
        return new StreamSink(reopenNonBlocking(fd) ?? fd);
    if (stat.isSocket())
        return new StreamSink(fd);
    if (stat.isCharacterDevice())
        return new FileSink(reopenNonBlocking(fd) ?? fd);
    return new FileSink(fd);
}
/**
 * An open file description of our own: O_NONBLOCK set on the inherited one would also hit every other process that
 * shares it, for example the shell that started us. Null where that is not possible (no /proc, or the pipe belongs to
 * another user as in some containers).
 */
function reopenNonBlocking(fd) {
    try {
        return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    }
    catch {
        return null;
    }
}
/** Pipes and sockets: libuv writes when the kernel says that there is room. */
class StreamSink {
    #socket;
    #error = null;
    constructor(fd) {
        this.#socket = new Socket({ fd, readable: false, writable: true });
        // Every failed write is told to its callback as well.
        this.#socket.on('error', (error) => {
            this.#error = error;
        });
        this.#socket.unref();
    }
    write(text, done) {
        if (this.#error)
            process.nextTick(done, this.#error);
        else
            this.#socket.write(text, (error) => done(error ?? null));
    }
    destroy() {
        this.#socket.destroy();
    }
}
/** Files and terminals. */
class FileSink {
    #fd;
    #isDestroyed = false;
    constructor(fd) {
        this.#fd = fd;
    }
    write(text, done) {
        this.#writeBytes(Buffer.from(text), done);
    }
    destroy() {
        this.#isDestroyed = true;
    }
    #writeBytes(bytes, done) {
        write(this.#fd, bytes, (error, written) => {
            if (this.#isDestroyed)
                return;
            if (error?.code === 'EAGAIN')
                setTimeout(() => this.#writeBytes(bytes, done), BUSY_RETRY_MS);
            else if (error)
                done(error);
            else if (written < bytes.length)
                this.#writeBytes(bytes.subarray(written), done);
            else
                done(null);
        });
    }
}
//# sourceMappingURL=log-output.js.map