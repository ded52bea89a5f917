import http from 'node:http';
import { request } from 'undici';
/** Sends a request and reads the whole answer; nothing is decoded. */
export async function ask(port, path, options = {}) {
    const { method = 'GET', headers = {}, body, agent } = options;
    const response = await request(`http://127.0.0.1:${port}${path}`, {
        method: method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(agent === undefined ? {} : { dispatcher: agent }),
    });
    const fields = Object.entries(response.headers).map(([name, value]) => [
        name,
        String(value ?? '')
            .replaceAll(',', ', ')
            .replaceAll(',  ', ', '),
    ]);
    return {
        status: response.statusCode,
        headers: Object.fromEntries(fields),
        body: Buffer.from(await response.body.arrayBuffer()),
    };
}
/** A service made with node:http. */
export class Service {
    #server;
    /** Requests so far, the latest last. */
    seen = [];
    constructor(respond) {
        this.#server = http.createServer((request, response) => {
            this.seen.push(request);
            respond(request, response);
        });
    }
    get address() {
        return `127.0.0.1:${this.#server.address().port}`;
    }
    listen() {
        return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(this)));
    }
    close() {
        this.#server.closeAllConnections();
        return new Promise((resolve) => this.#server.close(() => resolve()));
    }
}
//# sourceMappingURL=support.js.map