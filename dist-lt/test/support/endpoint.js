import { startHttpOrigin } from './origin.js';
import { reservePort } from './ports.js';
/** A service at a fixed address that can be killed and revived. */
export class Endpoint {
    name;
    port = 0;
    served = 0;
    #origin = null;
    #release = null;
    constructor(name) {
        this.name = name;
    }
    get address() {
        return `127.0.0.1:${this.port}`;
    }
    async start() {
        if (this.port === 0) {
            // A reserved port cannot become that of somebody's outgoing connection while this endpoint is dead.
            const { port, release } = await reservePort();
            this.port = port;
            this.#release = release;
        }
        this.#origin = await startHttpOrigin((request, response) => {
            request.resume().on('end', () => {
                this.served++;
                response.end(this.name);
            });
        }, this.port);
        return this;
    }
    /** Cuts every connection and stops listening. */
    async kill() {
        const origin = this.#origin;
        this.#origin = null;
        await origin?.close();
    }
    /** Kills it for good. */
    async close() {
        await this.kill();
        this.#release?.();
    }
}
//# sourceMappingURL=endpoint.js.map