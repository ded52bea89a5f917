import { ERRORS } from '../http/errors.js';
import { problemBody } from '../http/problem.js';
/**
 * A reply in the form of the gateway's own errors: `application/problem+json` (RFC 9457) with the status and title of
 * the error table and the request id.
 *
 * @param detail one sentence without its full stop; it goes to the client
 */
export function problemReply(exchange, code, detail = '', headers) {
    return {
        status: ERRORS[code].status,
        headers: { 'Content-Type': 'application/problem+json', ...headers },
        body: problemBody(code, exchange.requestId, detail),
    };
}
//# sourceMappingURL=problem.js.map