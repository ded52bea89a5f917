import { BodyFilter } from './body-filter.js';
/** Sends the response body through the body hooks and then to the client. */
export class ResponseFilter {
    #filter;
    #output;
    #host;
    constructor(links, exchange, output, host) {
        this.#filter = new BodyFilter(links, 'onResponseBody', exchange, this);
        this.#output = output;
        this.#host = host;
    }
    get collects() {
        return this.#filter.collects;
    }
    stop() {
        this.#filter.stop();
    }
    /** @param chunk is kept */
    write(chunk, last) {
        if (!this.#filter.write(chunk, last) && !last)
            this.#host.holdResponseBody(true);
    }
    onFiltered(chunk, last) {
        if (chunk.length > 0 && !this.#output.sendBody(chunk, 0, chunk.length))
            this.#host.onDownstreamBlocked();
        if (last)
            this.#output.endBody('');
        else
            this.#output.flush();
    }
    onFilterReady() {
        this.#host.holdResponseBody(false);
    }
    onFilterFailed(plugin, error) {
        this.#host.bodyHookFailed(plugin, error);
    }
}
//# sourceMappingURL=response-filter.js.map