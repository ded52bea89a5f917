import { CLOSE_GOING_AWAY, CLOSE_SERVICE_RESTART, closeFrame, FrameTracker, } from '../http/websocket-frames.js';
import { coarseClock, exactNow } from '../shared/coarse-clock.js';
/** After the end of one direction nothing is to come but the rest of the other. Milliseconds of silence. */
const HALF_CLOSED_MS = 30_000;
/** How long a client gets to answer a Close frame, and the peers to end their connections. */
const CLOSE_PATIENCE_MS = 5000;
const NEVER = Number.MAX_SAFE_INTEGER;
/**
 * Joins the two connections of a WebSocket byte by byte, so that extensions, subprotocols, pings and close codes are the
 * business of the two ends (rule E2). Each direction waits for its slower side. The gateway adds one thing at most: a
 * Close frame to the client, between two frames of the endpoint, when the tunnel has to end.
 *
 * The client's answer to that frame goes to the endpoint, which so learns of the end in the way of the protocol.
 */
export class WebSocketTunnel {
    previous = null;
    next = null;
    deadline;
    #client;
    #endpoint;
    #host;
    #idleTimeout;
    #expiresAt;
    #frames = new FrameTracker();
    #lastActivity = coarseClock.now;
    #clientEnded = false;
    #endpointEnded = false;
    /** One of the connections is gone, or both have been cut. */
    #over = false;
    /** The Close frame that waits for the end of a frame of the endpoint. */
    #closing = null;
    #closeSent = false;
    constructor(client, endpoint, policy, host) {
        this.#client = client;
        this.#endpoint = endpoint;
        this.#host = host;
        this.#idleTimeout = policy.idleTimeout === 0 ? NEVER : policy.idleTimeout;
        this.#expiresAt = policy.maxDuration === 0 ? NEVER : coarseClock.now + policy.maxDuration;
        this.deadline = this.#limit();
    }
    /** What has come early goes first. */
    start() {
        this.#endpoint.start(new EndpointSide(this));
        this.#client.start(new ClientSide(this));
    }
    /** The gateway shuts down. A tunnel in the middle of a frame ends with the frame; if that never comes, it is cut. */
    shutdown() {
        this.#close(CLOSE_GOING_AWAY, 'the gateway is shutting down');
    }
    // --- from the client ---------------------------------------------------------------------------------------------
    clientBytes(input, start, end) {
        this.#touch();
        this.#host.onClientBytes(end - start);
        if (this.#over)
            return;
        if (!this.#endpoint.write(input, start, end))
            this.#client.pause();
    }
    clientEnded() {
        this.#touch();
        this.#clientEnded = true;
        if (!this.#over)
            this.#endpoint.end();
        this.#arm();
    }
    clientDrained() {
        this.#touch();
        this.#endpoint.resume();
    }
    clientGone() {
        const inGoodOrder = this.#over || this.#closeSent || (this.#clientEnded && this.#endpointEnded);
        if (!inGoodOrder)
            this.#host.onTunnelError('client_closed', '');
        this.#over = true;
        this.#endpoint.abort();
    }
    // --- from the endpoint -------------------------------------------------------------------------------------------
    endpointBytes(input, start, end) {
        this.#touch();
        // Nothing may follow a Close frame (RFC 6455 section 5.5.1).
        if (this.#closeSent || this.#over)
            return;
        const frames = this.#frames;
        let at = start;
        do
            at = frames.read(input, at, end);
        while (at < end && this.#closing === null);
        this.#toClient(input, start, at);
        if (this.#closing !== null && frames.atBoundary)
            this.#sendClose();
    }
    #toClient(input, start, end) {
        this.#host.onEndpointBytes(end - start);
        if (!this.#client.write(input, start, end))
            this.#endpoint.pause();
    }
    endpointEnded() {
        this.#touch();
        this.#endpointEnded = true;
        if (!this.#over)
            this.#client.end();
        this.#arm();
    }
    endpointDrained() {
        this.#touch();
        this.#client.resume();
    }
    /** What the endpoint sent before still reaches the client; then its connection ends. */
    endpointGone() {
        if (this.#over)
            return;
        this.#over = true;
        if (!this.#endpointEnded) {
            this.#host.onTunnelError('upstream_reset', 'the endpoint cut the WebSocket');
            this.#client.end();
        }
        this.#client.resume();
        this.deadline = coarseClock.now + CLOSE_PATIENCE_MS;
    }
    // --- ends that the gateway wants ---------------------------------------------------------------------------------
    #close(code, reason) {
        if (this.#closing !== null || this.#over || this.#frames.closed || this.#endpointEnded)
            return;
        this.#closing = closeFrame(code, reason);
        if (this.#frames.atBoundary)
            this.#sendClose();
    }
    #sendClose() {
        const frame = this.#closing;
        this.#closeSent = true;
        this.#toClient(frame, 0, frame.length);
        // What the endpoint still sends is read and thrown away, its own Close frame among it.
        this.#endpoint.resume();
        this.deadline = coarseClock.now + CLOSE_PATIENCE_MS;
    }
    /** Both connections end now. */
    cut() {
        this.#over = true;
        this.#client.abort();
        this.#endpoint.abort();
    }
    // --- deadlines ---------------------------------------------------------------------------------------------------
    #touch() {
        exactNow();
        this.#lastActivity = coarseClock.now;
    }
    #limit() {
        const halfClosed = this.#clientEnded || this.#endpointEnded;
        const silence = halfClosed ? Math.min(this.#idleTimeout, HALF_CLOSED_MS) : this.#idleTimeout;
        return Math.min(silence === NEVER ? NEVER : this.#lastActivity + silence, this.#expiresAt);
    }
    #arm() {
        if (this.#closing === null && !this.#over)
            this.deadline = this.#limit();
    }
    onDeadline(now) {
        if (this.#closing !== null || this.#over) {
            this.cut();
            return;
        }
        // Activity since the deadline was set has moved the real one.
        const limit = this.#limit();
        if (now < limit) {
            this.deadline = limit;
            return;
        }
        if (now >= this.#expiresAt) {
            this.#host.onTunnelError('websocket_expired', '');
            this.#close(CLOSE_SERVICE_RESTART, 'the connection is too old');
        }
        else {
            this.#host.onTunnelError('websocket_idle', '');
            this.#close(CLOSE_GOING_AWAY, 'idle for too long');
        }
        if (this.#closing === null)
            this.cut();
        else
            this.deadline = now + CLOSE_PATIENCE_MS;
    }
}
/** Reads what the client sends. */
class ClientSide {
    #tunnel;
    constructor(tunnel) {
        this.#tunnel = tunnel;
    }
    onBytes(input, start, end) {
        this.#tunnel.clientBytes(input, start, end);
    }
    onEnd() {
        this.#tunnel.clientEnded();
    }
    onDrain() {
        this.#tunnel.clientDrained();
    }
    onGone() {
        this.#tunnel.clientGone();
    }
}
/** Reads what the endpoint sends. */
class EndpointSide {
    #tunnel;
    constructor(tunnel) {
        this.#tunnel = tunnel;
    }
    onBytes(input, start, end) {
        this.#tunnel.endpointBytes(input, start, end);
    }
    onEnd() {
        this.#tunnel.endpointEnded();
    }
    onDrain() {
        this.#tunnel.endpointDrained();
    }
    onGone() {
        this.#tunnel.endpointGone();
    }
}
//# sourceMappingURL=websocket-tunnel.js.map