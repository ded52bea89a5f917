import { H1Connection } from './connection.js';
import { idlesTooLong } from './idle-limit.js';
/** Kept-alive connections of one worker to one endpoint. The last one used is reused first, so that the others can expire. */
export class H1Pool {
    #host;
    #port;
    #dialer;
    #options;
    #idle = [];
    #waiting = [];
    #observer;
    #open = 0;
    #closing = false;
    constructor(host, port, dialer, options, observer) {
        this.#observer = observer;
        this.#host = host;
        this.#port = port;
        this.#dialer = dialer;
        this.#options = options;
    }
    get open() {
        return this.#open;
    }
    get idle() {
        return this.#idle.length;
    }
    get waiting() {
        return this.#waiting.length;
    }
    setOptions(options) {
        this.#options = options;
        while (this.#open < options.max && this.#waiting.length > 0)
            this.#serveNext();
    }
    /**
     * @param fresh true: not one that has idled (a retry after a stale one)
     * @returns a connection that is now the call's, or null: the call waits and gets `onConnection` later
     */
    request(call, fresh) {
        if (!fresh) {
            const idle = this.#idle.pop();
            if (idle !== undefined) {
                idle.attach(call);
                return idle;
            }
        }
        if (this.#open >= this.#options.max) {
            const idle = this.#idle.shift();
            if (idle === undefined) {
                this.#waiting.push(call);
                return null;
            }
            idle.close();
        }
        return this.#dial(call);
    }
    #dial(call) {
        this.#open++;
        this.#observer.connectionOpened();
        const connection = new H1Connection(this, this.#dialer.address(this.#host), this.#port);
        connection.attach(call);
        return connection;
    }
    #serveNext() {
        const call = this.#waiting.shift();
        if (call !== undefined)
            call.onConnection(this.#dial(call));
    }
    /** Takes a call out of the queue. */
    cancel(call) {
        const index = this.#waiting.indexOf(call);
        if (index >= 0)
            this.#waiting.splice(index, 1);
    }
    /** From a connection whose exchange is complete. */
    release(connection) {
        const call = this.#waiting.shift();
        if (call !== undefined) {
            connection.attach(call);
            call.onConnection(connection);
        }
        else if (this.#closing) {
            connection.close();
        }
        else {
            this.#idle.push(connection);
        }
    }
    /** From a connection that closed. */
    remove(connection) {
        this.#open--;
        this.#observer.connectionClosed();
        const index = this.#idle.indexOf(connection);
        if (index >= 0)
            this.#idle.splice(index, 1);
        if (this.#open < this.#options.max)
            this.#serveNext();
    }
    /** From a connection that became a tunnel: those may stay for days and must not take the place of requests. */
    detach() {
        this.#open--;
        if (this.#open < this.#options.max)
            this.#serveNext();
    }
    detachedClosed() {
        this.#observer.connectionClosed();
    }
    /** Closes connections that idled too long or whose address is no longer the endpoint's. */
    sweep(now) {
        const idle = this.#idle;
        for (let i = idle.length - 1; i >= 0; i--) {
            const connection = idle[i];
            if (idlesTooLong(connection, this.#options.idleTimeout, now) ||
                !this.#dialer.isCurrent(this.#host, connection.address)) {
                connection.close();
            }
        }
    }
    /** Closes idle connections now and busy ones when their exchange ends. */
    close() {
        this.#closing = true;
        for (const connection of this.#idle.slice())
            connection.close();
    }
    /** Undoes `close` when a reload brings the endpoint back. */
    reopen() {
        this.#closing = false;
    }
}
//# sourceMappingURL=pool.js.map