import { createServer } from 'node:net';
import { onTick } from '../../shared/coarse-clock.js';
import { SocketOutput } from '../../shared/socket-output.js';
import { ConnectionList } from '../connection-list.js';
import { acceptWithSharedBuffer } from './accept.js';
import { Http1Connection } from './connection.js';
/** Connections the kernel queues while a worker is busy; capped by net.core.somaxconn. */
const BACKLOG = 4096;
const plainOutput = (socket, onDrain) => new SocketOutput(socket, onDrain);
/** The built-in engine on `net.Server`: HTTP/1.x, plain and over TLS. */
export class BuiltinEngine {
    #host;
    #options;
    #server = createServer({ allowHalfOpen: true, noDelay: true });
    #list = new ConnectionList();
    #tls = null;
    #maxConnections;
    /** Not 0: no new connections, and those that are there end; see `drain`. */
    #drainUntil = 0;
    constructor(host, options) {
        this.#host = host;
        this.#options = options;
        this.#maxConnections = options.maxConnections;
        onTick((now) => this.#list.sweep(now));
    }
    get connections() {
        return this.#list.size + (this.#tls?.pending ?? 0);
    }
    /** @returns the port for plain HTTP */
    async listen() {
        const { plain, tls, workers } = this.#options;
        const port = await listen(this.#server, plain);
        this.#accept();
        if (tls !== null) {
            // A gateway without TLS shall not carry its code.
            const { TlsListener } = await import('./tls-listener.js');
            this.#tls = new TlsListener(this.#host, workers, this.#admit, (socket, output, clientTls) => this.#openTls(socket, output, clientTls));
            await listen(this.#tls.server, tls);
        }
        return port;
    }
    setMaxConnections(maxConnections) {
        this.#maxConnections = maxConnections;
    }
    drain(until) {
        this.#drainUntil = until;
        this.#server.close();
        this.#tls?.server.close();
        this.#list.each((member) => member.drain(until));
    }
    destroy() {
        this.#server.close();
        this.#tls?.server.close();
        this.#list.each((member) => member.destroy());
    }
    #admit = () => this.connections < this.#maxConnections;
    #accept() {
        const admit = this.#admit;
        if (acceptWithSharedBuffer(this.#server, admit, (socket) => this.#open(socket)))
            return;
        this.#server.on('connection', (socket) => {
            if (!admit()) {
                socket.destroy();
                return;
            }
            const connection = this.#open(socket);
            socket.on('data', (chunk) => connection.receive(chunk, chunk.length));
        });
    }
    #open(socket) {
        this.#host.onConnection(1);
        return new Http1Connection(socket, this.#host, this.#list, plainOutput, null);
    }
    #openTls(socket, output, tls) {
        this.#host.onConnection(1);
        const connection = new Http1Connection(socket, this.#host, this.#list, output, tls);
        // Its handshake was under way when draining began.
        if (this.#drainUntil !== 0)
            connection.drain(this.#drainUntil);
        return connection;
    }
}
async function listen(server, address) {
    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ backlog: BACKLOG, ...address }, () => {
            server.removeListener('error', reject);
            resolve();
        });
    });
    const bound = server.address();
    return bound !== null && typeof bound === 'object' ? bound.port : 0;
}
//# sourceMappingURL=server.js.map