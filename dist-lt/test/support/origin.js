import http from 'node:http';
import net from 'node:net';
import { ByteStream, PATIENCE } from './raw-client.js';
import { readHead, readRequest, valuesOf, WireError, } from './wire.js';
/** One connection that the gateway opened to an origin. */
export class OriginConnection extends ByteStream {
    /** Counts the connections of an origin from 0. */
    index;
    constructor(socket, index) {
        super(socket);
        this.index = index;
    }
    /** The next request head alone; its body stays unread. */
    async head(patience = PATIENCE) {
        const attempt = () => {
            const head = readHead(this.received, 0);
            if (!head && this.closedHow !== null)
                throw new WireError(`closed before a request head: ${JSON.stringify(this.received)}`);
            return head;
        };
        const head = await this.until(attempt, 'a request head', patience);
        this.take(head.end);
        return head;
    }
    /** The next request. Null when the connection closed without (another) one. */
    async request(patience = PATIENCE) {
        const request = await this.until(() => {
            const closed = this.closedHow !== null;
            const parsed = readRequest(this.received, 0, closed);
            if (parsed)
                return parsed;
            if (closed && this.received !== '')
                throw new WireError(`request head cut short: ${JSON.stringify(this.received)}`);
            return closed ? 'closed' : null;
        }, 'a request', patience);
        if (request === 'closed')
            return null;
        this.take(request.end);
        return request;
    }
}
class TcpOrigin {
    connections = [];
    #server;
    constructor() {
        this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
            const connection = new OriginConnection(socket, this.connections.length);
            this.connections.push(connection);
            this.serve(connection);
        });
    }
    get port() {
        return this.#server.address().port;
    }
    get address() {
        return `127.0.0.1:${this.port}`;
    }
    listen(port = 0) {
        return new Promise((resolve, reject) => {
            this.#server.once('error', reject);
            this.#server.listen(port, '127.0.0.1', 1024, () => resolve(this));
        });
    }
    /** Stops listening and cuts what is open. */
    close() {
        for (const connection of this.connections)
            connection.destroy();
        return new Promise((resolve) => this.#server.close(() => resolve()));
    }
}
/** Runs a script for each connection: full control over bytes, pauses and closes. */
export class ScriptedOrigin extends TcpOrigin {
    /** What went wrong in scripts; a test that cares asserts that it is empty. */
    failures = [];
    #script;
    constructor(script) {
        super();
        this.#script = script;
    }
    /** Changes what the next connections get. */
    use(script) {
        this.#script = script;
    }
    serve(connection) {
        this.#script(connection).catch((error) => this.failures.push(error));
    }
}
/** Reads requests strictly, keeps all of them, answers with the exact bytes that the responder gives. */
export class RecordingOrigin extends TcpOrigin {
    seen = [];
    /** Bytes that are no HTTP/1.1 request: a gateway must never send such, whatever its client did. */
    violations = [];
    #byMarker = new Map();
    #responder;
    constructor(responder = () => okResponse('ok')) {
        super();
        this.#responder = responder;
    }
    /** Requests whose head or body holds the marker of a corpus run, in order of arrival. */
    about(marker) {
        return this.#byMarker.get(marker) ?? [];
    }
    serve(connection) {
        this.#answerAll(connection).catch((error) => {
            this.violations.push(`${error instanceof Error ? error.message : error} after ${JSON.stringify(connection.received.slice(0, 300))}`);
            connection.destroy();
        });
    }
    #record(seen) {
        this.seen.push(seen);
        const text = `${seen.target}\n${seen.fields.flat().join('\n')}\n${seen.body}`;
        for (const marker of new Set(text.match(MARKER))) {
            const known = this.#byMarker.get(marker);
            if (known)
                known.push(seen);
            else
                this.#byMarker.set(marker, [seen]);
        }
    }
    async #answerAll(connection) {
        for (;;) {
            const request = await connection.request(24 * 3_600_000);
            if (!request)
                return connection.end();
            const seen = { ...request, connection };
            this.#record(seen);
            if (!request.complete)
                return connection.end();
            const bytes = await this.#responder(seen);
            if (bytes !== null)
                connection.write(request.method === 'HEAD' ? bytes.slice(0, bytes.indexOf('\r\n\r\n') + 4) : bytes);
            if (valuesOf(request.fields, 'connection').some((value) => /\bclose\b/i.test(value)))
                return connection.end();
        }
    }
}
const MARKER = /idq[0-9a-z]{8}/g;
/** A plain 200 with Content-Length. */
export function okResponse(body, ...fields) {
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
}
/** An ordinary node:http service. */
export async function startHttpOrigin(handler, port = 0, host = '127.0.0.1') {
    const server = http.createServer({ keepAliveTimeout: 60_000 }, handler);
    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, 1024, resolve);
    });
    const bound = server.address().port;
    return {
        port: bound,
        address: `${host}:${bound}`,
        server,
        close: () => new Promise((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
        }),
    };
}
//# sourceMappingURL=origin.js.map