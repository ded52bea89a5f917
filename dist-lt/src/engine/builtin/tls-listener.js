import { createServer } from 'node:net';
import { TlsOutput } from '../../shared/tls-output.js';
import { readIntoSharedBuffer } from '../../shared/user-buffer.js';
import { TlsAcceptor } from '../tls/acceptor.js';
/** The second listener: what comes out of its handshakes is served by the same code as plain connections. */
export class TlsListener {
    /** Not half open: a client that hangs up in the middle of its handshake would never be let go of (Node 20). */
    server = createServer({ noDelay: true });
    output = (socket, onDrain) => new TlsOutput(socket, onDrain);
    #acceptor;
    /** @param workers how many share the limit of handshakes */
    constructor(host, workers, admit, open) {
        this.#acceptor = new TlsAcceptor(host, workers, (socket, tls) => {
            // From here on like a plain connection.
            socket.allowHalfOpen = true;
            const connection = open(socket, this.output, tls);
            readIntoSharedBuffer(socket, (input, length) => connection.receive(input, length));
        });
        this.server.on('connection', (socket) => {
            if (admit())
                this.#acceptor.accept(socket);
            else
                socket.destroy();
        });
    }
    /** Handshakes under way. */
    get pending() {
        return this.#acceptor.pending;
    }
}
//# sourceMappingURL=tls-listener.js.map