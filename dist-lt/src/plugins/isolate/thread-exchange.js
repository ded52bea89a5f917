import { HeaderBlock } from '../../http/header-block.js';
/** A copy of a message's fields that remembers what was changed. */
export class RecordingHeaders {
    #block = new HeaderBlock();
    #edits = [];
    constructor(fields) {
        let lines = '';
        for (let i = 0; i < fields.length; i += 2)
            lines += `${fields[i]}: ${fields[i + 1]}\r\n`;
        this.#block.load(lines);
    }
    /** The changes since the last call. */
    takeEdits() {
        const edits = this.#edits;
        this.#edits = [];
        return edits;
    }
    get(name) {
        return this.#block.get(name);
    }
    getAll(name) {
        return this.#block.getAll(name);
    }
    has(name) {
        return this.#block.has(name);
    }
    set(name, value) {
        this.#block.set(name, value);
        this.#edits.push({ edit: 'set', name, value });
    }
    append(name, value) {
        this.#block.append(name, value);
        this.#edits.push({ edit: 'append', name, value });
    }
    delete(name) {
        this.#block.delete(name);
        this.#edits.push({ edit: 'delete', name });
    }
    entries() {
        return this.#block.entries();
    }
}
/** An exchange inside the thread; it lives from its first hook there to its end. */
export class ThreadExchange {
    request;
    headers;
    traceId;
    route;
    locals = new Map();
    requestId;
    constructor({ request, requestId, traceId, route }) {
        this.headers = new RecordingHeaders(request.headers);
        this.request = { ...request, headers: this.headers };
        this.requestId = requestId;
        this.traceId = traceId;
        this.route = route;
    }
}
//# sourceMappingURL=thread-exchange.js.map