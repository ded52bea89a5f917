import { ERRORS } from '../../http/errors.js';
import { problemBody } from '../../http/problem.js';
import { statusText } from '../../http/status-text.js';
/**
 * Answers a request that cannot become an exchange, and closes: the framing of what follows is unknown.
 *
 * The order is what keeps this safe (measured). µWS goes on reading requests behind a response that was completed while
 * it works through a read, also behind one that closes the connection. As long as there is no response it closes the
 * connection instead when it finds another request. So the answer comes when the read is over, and never if more than
 * the one request was in it; and no further read happens.
 */
export function refuse(response, code, requestId, toHead) {
    let gone = false;
    response.onAborted(() => {
        gone = true;
    });
    response.pause();
    setImmediate(() => {
        if (gone)
            return;
        const { status } = ERRORS[code];
        response.cork(() => {
            response.writeStatus(`${status} ${statusText(status)}\r\nContent-Type: application/problem+json\r\nX-Request-Id: ${requestId}`);
            if (toHead)
                response.endWithoutBody(0, true);
            else
                response.end(problemBody(code, requestId), true);
        });
    });
}
//# sourceMappingURL=refusal.js.map