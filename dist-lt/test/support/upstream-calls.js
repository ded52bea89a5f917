import { FAILURE_CONNECT, FAILURE_MALFORMED, FAILURE_RESET, FAILURE_STALE, FAILURE_TRUNCATED, } from '../../src/upstream/transports/upstream-call.js';
import { eventually } from './gateway.js';
const FAILURES = new Map([
    [FAILURE_CONNECT, 'connect'],
    [FAILURE_STALE, 'stale'],
    [FAILURE_RESET, 'reset'],
    [FAILURE_MALFORMED, 'malformed'],
    [FAILURE_TRUNCATED, 'truncated'],
]);
export class TestCall {
    status = 0;
    body = '';
    trailers = '';
    interim = [];
    /** `ended`, or the kind of failure; `''` while the call is under way. */
    outcome = '';
    connection = null;
    #options;
    constructor(options) {
        this.#options = options;
    }
    onConnection(connection) {
        const { method = 'GET', target = '/' } = this.#options;
        this.connection = connection;
        connection.sendHead(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, false, false, method === 'HEAD', false);
    }
    onConnected() { }
    onInformational(status) {
        this.interim.push(status);
    }
    onSwitched() {
        this.outcome = 'switched';
    }
    onResponseHead(head) {
        this.status = head.status;
        if (this.#options.slow === true)
            this.connection.pause();
    }
    onResponseData(input, start, end) {
        this.body += input.toString('latin1', start, end);
    }
    onResponseEnd(trailers) {
        this.trailers = trailers;
        this.outcome = 'ended';
    }
    onReadEnd() { }
    onUpstreamDrain() { }
    onFailure(failure) {
        this.outcome = FAILURES.get(failure) ?? `unknown failure ${failure}`;
    }
    over() {
        return eventually(async () => this.outcome !== '', `the call for ${this.#options.target} to end`);
    }
}
/** Starts a call, as the worker would. */
export function callOn(pool, options = {}) {
    const call = new TestCall(options);
    const { fresh = false, patience = 60_000, now = performance.now() } = options;
    const connection = pool.request(call, fresh, patience, now);
    if (connection !== null)
        call.onConnection(connection);
    return call;
}
//# sourceMappingURL=upstream-calls.js.map