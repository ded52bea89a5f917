/** The admin API: a small HTTP server in the primary thread, away from the traffic that is proxied. */
import { createServer } from 'node:http';
import { BasicAuth } from './basic-auth.js';
import { isCrossSite } from './cross-site.js';
import { resources } from './resources.js';
import { sendProblem } from './respond.js';
/** Small requests from a few clients: whoever is slower or sends more means no good. */
const SERVER_LIMITS = {
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    connectionsCheckingInterval: 2_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
};
const MAX_CONNECTIONS = 512;
/** A client that does not read its answer. */
const IDLE_TIMEOUT = 60_000;
const CLOSE_GRACE = 1_000;
/** The requests that have a body do not need it. */
const MAX_BODY_BYTES = 64 * 1024;
export class AdminServer {
    #options;
    #server;
    #auth = null;
    #authSettings = null;
    #resources = new Map();
    constructor(options) {
        this.#options = options;
        this.update(options);
        this.#server = createServer(SERVER_LIMITS, (request, response) => {
            this.#answer(request, response).catch((error) => this.#failed(request, response, error));
        });
        this.#server.maxConnections = MAX_CONNECTIONS;
        this.#server.setTimeout(IDLE_TIMEOUT);
    }
    /** @returns the port, the real one where 0 was asked for. Rejects with the error of `listen`. */
    async listen() {
        const { host, port } = this.#options.address;
        await new Promise((resolve, reject) => {
            this.#server.once('error', reject);
            this.#server.listen({ host, port }, () => {
                this.#server.off('error', reject);
                this.#server.on('error', (error) => this.#options.onError('admin server', { error: error.message }));
                resolve();
            });
        });
        return this.#server.address().port;
    }
    /** Applies to the next request; the address stays. */
    update({ auth, metricsPath, metricsPublic }) {
        this.#resources = new Map(resources(metricsPath, metricsPublic).map((resource) => [resource.path, resource]));
        const before = this.#authSettings;
        if (auth?.username === before?.username && auth?.passwordHash === before?.passwordHash)
            return;
        void this.#auth?.close();
        this.#authSettings = auth;
        this.#auth = auth === null ? null : new BasicAuth(auth);
    }
    /** Answers what is being answered, for a second at most. */
    async close() {
        const closed = new Promise((resolve) => this.#server.close(() => resolve()));
        this.#server.closeIdleConnections();
        const timer = setTimeout(() => this.#server.closeAllConnections(), CLOSE_GRACE);
        await closed;
        clearTimeout(timer);
        await this.#auth?.close();
    }
    async #answer(request, response) {
        const { method = '', url = '' } = request;
        const resource = this.#resources.get(url.split('?', 1)[0]);
        // Who may not see the API does not learn which paths it has either.
        if (resource?.isPublic !== true && !(await this.#isAllowed(request, response)))
            return;
        if (resource === undefined) {
            const detail = 'The list of what there is stands at "/".';
            sendProblem(request, response, { status: 404, title: 'Not found', detail });
            return;
        }
        if (method !== resource.method && !(method === 'HEAD' && resource.method === 'GET')) {
            const allowed = resource.method === 'GET' ? 'GET, HEAD' : resource.method;
            const detail = `Use ${allowed}.`;
            sendProblem(request, response, {
                status: 405,
                title: 'Method not allowed',
                detail,
                headers: { Allow: allowed },
            });
            return;
        }
        if (resource.method === 'POST' && !this.#isAcceptable(request, response))
            return;
        await resource.answer(request, response, this.#options.state);
    }
    /** Answers itself when not. */
    async #isAllowed(request, response) {
        const result = this.#auth === null ? 'ok' : await this.#auth.verify(request.headers.authorization);
        if (result === 'busy') {
            const detail = 'Too many passwords are being checked.';
            sendProblem(request, response, { status: 503, title: 'Busy', detail, headers: { 'Retry-After': 2 } });
        }
        else if (result === 'denied') {
            const detail = 'Send the user name and password of admin.auth.';
            const headers = { 'WWW-Authenticate': 'Basic realm="octopus", charset="UTF-8"' };
            sendProblem(request, response, { status: 401, title: 'Unauthorized', detail, headers });
        }
        return result === 'ok';
    }
    /** Answers itself when not. */
    #isAcceptable(request, response) {
        if (isCrossSite(request.headers)) {
            const detail = 'The request comes from a page of another site.';
            sendProblem(request, response, { status: 403, title: 'Forbidden', detail });
            return false;
        }
        if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
            const headers = { Connection: 'close' };
            sendProblem(request, response, {
                status: 413,
                title: 'Too large',
                detail: 'No body is needed.',
                headers,
            });
            return false;
        }
        return true;
    }
    #failed(request, response, error) {
        this.#options.onError('admin request failed', {
            path: request.url ?? '',
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        if (response.headersSent)
            response.destroy();
        else
            sendProblem(request, response, { status: 500, title: 'Internal error', detail: 'The log tells more.' });
    }
}
//# sourceMappingURL=server.js.map