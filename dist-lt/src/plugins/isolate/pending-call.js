/** A hook whose result is awaited. */
export class PendingCall {
    exchange;
    body;
    /** The last thread that got it; 0 before any did. */
    thread = 0;
    #resolve;
    #reject;
    #timer;
    constructor(exchange, body, resolve, reject) {
        this.exchange = exchange;
        this.body = body;
        this.#resolve = resolve;
        this.#reject = reject;
    }
    /** Starts the time limit, anew if it runs. */
    limit(milliseconds, expired) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(expired, milliseconds);
    }
    resolve(result) {
        clearTimeout(this.#timer);
        this.#resolve(result);
    }
    reject(error) {
        clearTimeout(this.#timer);
        this.#reject(error);
    }
}
//# sourceMappingURL=pending-call.js.map