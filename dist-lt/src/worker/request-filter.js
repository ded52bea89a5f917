import { retain } from '../shared/read-buffer.js';
import { BodyFilter } from './body-filter.js';
/** Stands between the engine and the upstream call: the request body goes through the body hooks. */
export class RequestFilter {
    #filter;
    #host;
    #sink = null;
    constructor(links, exchange, host) {
        this.#filter = new BodyFilter(links, 'onRequestBody', exchange, this);
        this.#host = host;
    }
    /** The whole body is collected before any of it goes on, so its length changes hands. */
    get collects() {
        return this.#filter.collects;
    }
    into(sink) {
        this.#sink = sink;
        return this;
    }
    stop() {
        this.#filter.stop();
    }
    onRequestData(chunk) {
        if (!this.#filter.write(retain(chunk), false))
            this.#host.holdRequestBody(true);
    }
    onRequestEnd() {
        this.#filter.write(Buffer.alloc(0), true);
    }
    onRequestFailed(code) {
        this.#filter.stop();
        this.#sink?.onRequestFailed(code);
    }
    onFiltered(chunk, last) {
        if (chunk.length > 0)
            this.#sink?.onRequestData(chunk);
        if (last)
            this.#sink?.onRequestEnd('');
    }
    onFilterReady() {
        this.#host.holdRequestBody(false);
    }
    onFilterFailed(plugin, error) {
        this.#host.requestHookFailed(plugin, error);
    }
}
//# sourceMappingURL=request-filter.js.map