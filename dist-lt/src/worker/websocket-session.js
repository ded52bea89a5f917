import { checkResponse } from '../http/websocket-handshake.js';
import { WebSocketTunnel } from './websocket-tunnel.js';
/** An exchange that asks for a WebSocket: its handshake, and the tunnel when the endpoint has agreed. */
export class WebSocketSession {
    #plane;
    #context;
    #tunnel = null;
    #open = null;
    constructor(plane, context) {
        this.#plane = plane;
        this.#context = context;
    }
    /** @returns `''`, or why the 101 is no answer to this handshake */
    check(head) {
        return checkResponse(this.#context.headers, head);
    }
    /** @param lines end-to-end field lines of the 101 */
    open(lines, endpoint) {
        const { exchange, route } = this.#context;
        const client = exchange.downstream.switchProtocols(lines);
        route.metrics.record(exchange.head.method, exchange.status, performance.now() - exchange.startedAt);
        this.#open = this.#plane.recorder.gauge('octopus_websocket_connections', { route: route.route.path });
        this.#open.add(1);
        this.#tunnel = new WebSocketTunnel(client, endpoint, route.proxy.webSocket, this);
        this.#plane.calls.add(this.#tunnel);
        this.#tunnel.start();
    }
    shutdown() {
        this.#tunnel?.shutdown();
    }
    /** The exchange has ended. */
    end() {
        if (this.#tunnel === null)
            return;
        this.#plane.calls.remove(this.#tunnel);
        this.#open.add(-1);
    }
    onClientBytes(count) {
        this.#context.exchange.bytesReceived += count;
        this.#plane.bytesReceived.add(count);
    }
    onEndpointBytes(count) {
        this.#context.exchange.bytesSent += count;
        this.#plane.bytesSent.add(count);
    }
    onTunnelError(code, detail) {
        this.#context.errorCode = code;
        this.#context.errorDetail = detail;
    }
}
//# sourceMappingURL=websocket-session.js.map