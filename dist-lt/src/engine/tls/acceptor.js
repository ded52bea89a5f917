import { createServer } from 'node:tls';
import { ClientTls } from '../client-tls.js';
import { handshakeFailure } from './handshake-result.js';
/**
 * Brings accepted sockets through the TLS handshake. The server object of Node only serves as the place where handshakes
 * find their settings: another generation means another object, and handshakes under way keep theirs.
 */
export class TlsAcceptor {
    /** Handshakes under way. */
    pending = 0;
    #host;
    #open;
    #workers;
    #server = null;
    #contexts = null;
    #ticketKeys = null;
    /**
     * @param workers how many share the limit of handshakes
     * @param open gets every connection whose handshake is complete, before anything else was read from it
     */
    constructor(host, workers, open) {
        this.#host = host;
        this.#workers = workers;
        this.#open = open;
    }
    accept(socket) {
        const contexts = this.#host.settings.tls;
        if (contexts === null) {
            socket.destroy();
            return;
        }
        if (this.pending >= Math.ceil(contexts.settings.handshakeLimit / this.#workers)) {
            this.#host.onHandshake('refused');
            socket.destroy();
            return;
        }
        this.pending++;
        this.#serverFor(contexts).emit('connection', socket);
    }
    #serverFor(contexts) {
        const { ticketKeys } = this.#host;
        if (this.#server === null || this.#contexts !== contexts) {
            this.#server = this.#createServer(contexts, ticketKeys);
            this.#contexts = contexts;
            this.#ticketKeys = ticketKeys;
        }
        else if (this.#ticketKeys !== ticketKeys) {
            this.#server.setTicketKeys(Buffer.from(ticketKeys));
            this.#ticketKeys = ticketKeys;
        }
        return this.#server;
    }
    #createServer(contexts, ticketKeys) {
        const server = createServer(contexts.serverOptions(ticketKeys));
        // Each connection ends in exactly one of these two events.
        server.on('secureConnection', (socket) => this.#onSecure(socket, contexts));
        server.on('tlsClientError', (error, socket) => {
            this.#finish(handshakeFailure(error));
            socket.destroy();
        });
        const staples = contexts.staples;
        if (staples.size > 0) {
            server.on('OCSPRequest', (certificate, _issuer, done) => done(null, staples.get(certificate.toString('base64')) ?? null));
        }
        return server;
    }
    #onSecure(socket, contexts) {
        const { clientAuth, strictHost, forwardClientCert } = contexts.settings;
        // A client that shows a certificate which nobody vouches for is not to be taken for one without.
        if (clientAuth === 'optional' && !socket.authorized && socket.getPeerX509Certificate() !== undefined) {
            this.#finish('client_certificate');
            socket.destroy();
            return;
        }
        this.#finish(socket.isSessionReused() ? 'resumed' : 'full');
        // Renegotiation (TLS 1.2) lets a client make the server do the dear part of the handshake again and again.
        socket.disableRenegotiation();
        const serverName = socket.servername || '';
        const name = serverName.toLowerCase();
        const names = strictHost ? contexts.find(name).names : null;
        this.#open(socket, new ClientTls(socket, name, names, forwardClientCert));
    }
    #finish(result) {
        this.pending--;
        this.#host.onHandshake(result);
    }
}
//# sourceMappingURL=acceptor.js.map