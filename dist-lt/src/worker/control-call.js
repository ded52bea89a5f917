import { BODY_NONE } from '../http/framing.js';
import { retain } from '../shared/read-buffer.js';
/** A manifest may have 1 MiB; nothing else that is said to the gateway is larger. */
const MAX_BODY = 1_048_576;
/** One request for the gateway itself: its body is collected here, the primary answers. */
export class ControlCall {
    #exchange;
    #peer;
    #link;
    #client;
    #chunks = [];
    #size = 0;
    #phase = 'idle';
    #id = 0;
    constructor(exchange, peer, link, client) {
        this.#exchange = exchange;
        this.#peer = peer;
        this.#link = link;
        this.#client = client;
    }
    begin() {
        if (!this.#link.enter()) {
            this.#phase = 'over';
            this.#client.onControlFailed('control_unavailable', 'too many requests for the gateway itself');
            return;
        }
        this.#phase = 'collecting';
        if (this.#exchange.head.bodyKind === BODY_NONE)
            this.#ask();
        else
            this.#exchange.downstream.startBody(this);
    }
    /** Whatever comes now is not told. */
    cancel() {
        if (this.#phase === 'collecting')
            this.#link.leave();
        else if (this.#phase === 'asking')
            this.#link.cancel(this.#id);
        this.#phase = 'over';
        this.#chunks = [];
    }
    onRequestData(chunk) {
        if (this.#phase !== 'collecting')
            return;
        this.#size += chunk.length;
        if (this.#size <= MAX_BODY)
            this.#chunks.push(retain(chunk));
        else
            this.#fail('body_too_large', `the limit of this path is ${MAX_BODY} bytes`);
    }
    onRequestEnd() {
        if (this.#phase === 'collecting')
            this.#ask();
    }
    onRequestFailed(code) {
        if (this.#phase === 'collecting')
            this.#fail(code, '');
    }
    #fail(code, detail) {
        this.cancel();
        this.#client.onControlFailed(code, detail);
    }
    #ask() {
        const { method, path, headers } = this.#exchange.head;
        const fields = new Map();
        for (const [name, value] of headers.entries()) {
            const lower = name.toLowerCase();
            const before = fields.get(lower);
            fields.set(lower, before === undefined ? value : `${before}, ${value}`);
        }
        this.#phase = 'asking';
        const request = {
            method,
            path,
            headers: Object.fromEntries(fields),
            body: Buffer.concat(this.#chunks),
            peer: this.#peer,
        };
        this.#chunks = [];
        this.#id = this.#link.ask(request, (response) => this.#answered(response));
    }
    #answered(response) {
        this.#phase = 'over';
        if (response === null)
            this.#client.onControlFailed('control_unavailable', 'the primary thread did not answer');
        else
            this.#client.onControlResponse(response);
    }
}
//# sourceMappingURL=control-call.js.map