import { idlesTooLong } from './idle-limit.js';
import { PipelinedConnection } from './pipelined-connection.js';
import { PipeliningPause } from './pipelining-pause.js';
import { H1Pool } from './pool.js';
/** Milliseconds that a call may be expected to wait for those before it; else it gets another connection. */
const MOST_WAIT_MS = 10;
/** A request with less time than this does not share: the sweep could not let it go before its time is over. */
const LEAST_PATIENCE_MS = 500;
/** Weight of the latest response in the average of how long one takes. */
const LATEST_WEIGHT = 1 / 8;
/**
 * Connections of one worker to one endpoint that takes pipelined requests. Shareable calls gather on few connections, so
 * that requests and responses of many of them move with one system call; all others, and all calls while the endpoint is
 * not up to it, get connections of their own from an ordinary pool.
 */
export class PipelinedPool {
    #host;
    #port;
    #dialer;
    #observer;
    #mostWait;
    #exclusive;
    #shared = [];
    #pause = new PipeliningPause();
    #options;
    /** Where the last call went. It fills up before another one is chosen: that makes large batches. */
    #current = null;
    /** Average milliseconds for which a call is the first in line. */
    #perResponse = 0;
    #closing = false;
    /** @param mostWait see MOST_WAIT_MS */
    constructor(host, port, dialer, options, observer, mostWait = MOST_WAIT_MS) {
        this.#mostWait = mostWait;
        this.#host = host;
        this.#port = port;
        this.#dialer = dialer;
        this.#options = options;
        this.#observer = observer;
        this.#exclusive = new H1Pool(host, port, dialer, options, observer);
    }
    setOptions(options) {
        this.#options = options;
        this.#divide();
    }
    /** What the shared connections leave of the limit belongs to the others. */
    #divide() {
        const { max, idleTimeout, pipelining } = this.#options;
        this.#exclusive.setOptions({ max: Math.max(1, max - this.#shared.length), idleTimeout, pipelining });
    }
    request(call, fresh, patience, now) {
        if (patience >= LEAST_PATIENCE_MS && !fresh && !this.#closing && !this.#pause.active(now)) {
            const connection = this.#choose(now);
            if (connection !== null)
                return connection.reserve(call, patience, now);
        }
        this.#makeRoom();
        return this.#exclusive.request(call, fresh);
    }
    // --- shared connections ------------------------------------------------------------------------------------------
    #choose(now) {
        const current = this.#current;
        if (current !== null && this.#takes(current, now))
            return current;
        let best = null;
        for (const connection of this.#shared) {
            if ((best === null || connection.inFlight > best.inFlight) && this.#takes(connection, now))
                best = connection;
        }
        this.#current = best ?? this.#dial();
        return this.#current;
    }
    /** Whether a call may join: not if it would wait long, by the average or because the first one already does. */
    #takes(connection, now) {
        const { inFlight } = connection;
        if (!connection.accepts)
            return false;
        if (inFlight === 0)
            return true;
        return (inFlight < this.#options.pipelining &&
            inFlight * this.#perResponse < this.#mostWait &&
            connection.heldUpFor(now) < this.#mostWait);
    }
    /** At most half of the connections are shared ones, so that the other requests always have some. */
    #dial() {
        const { max } = this.#options;
        const open = this.#shared.length;
        if (open >= Math.floor(max / 2) || open + this.#exclusive.open >= max)
            return null;
        const connection = new PipelinedConnection(this, this.#dialer.address(this.#host), this.#port);
        this.#observer.connectionOpened();
        this.#shared.push(connection);
        this.#divide();
        return connection;
    }
    /** A call that needs a connection of its own does not wait while shared ones are idle. */
    #makeRoom() {
        const exclusive = this.#exclusive;
        if (exclusive.idle > 0 || exclusive.open + this.#shared.length < this.#options.max)
            return;
        this.#shared.find(({ inFlight }) => inFlight === 0)?.retire();
    }
    answered(took) {
        this.#perResponse += (took - this.#perResponse) * LATEST_WEIGHT;
    }
    fellBack() {
        if (!this.#pause.begin(performance.now()))
            return;
        this.#observer.pipeliningFellBack();
        this.#retireShared();
    }
    #retireShared() {
        for (const connection of this.#shared.slice())
            connection.retire();
    }
    remove(connection) {
        const index = this.#shared.indexOf(connection);
        if (index >= 0)
            this.#shared.splice(index, 1);
        if (this.#current === connection)
            this.#current = null;
        this.#observer.connectionClosed();
        this.#divide();
    }
    // --- all connections ---------------------------------------------------------------------------------------------
    cancel(call) {
        this.#exclusive.cancel(call);
    }
    sweep(now) {
        this.#exclusive.sweep(now);
        for (const connection of this.#shared.slice()) {
            const current = this.#dialer.isCurrent(this.#host, connection.address);
            const idle = connection.inFlight === 0;
            if (!current || (idle && idlesTooLong(connection, this.#options.idleTimeout, now)))
                connection.retire();
        }
    }
    /** Lets go of calls that another one holds up. `now`: coarse clock. */
    check(now) {
        for (const connection of this.#shared.slice())
            connection.check(now);
    }
    close() {
        this.#closing = true;
        this.#exclusive.close();
        this.#retireShared();
    }
    reopen() {
        this.#closing = false;
        this.#exclusive.reopen();
    }
}
//# sourceMappingURL=pipelined-pool.js.map