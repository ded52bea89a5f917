import { isFieldValue, isToken } from '../http/characters.js';
import { ERRORS } from '../http/errors.js';
import { problemBody } from '../http/problem.js';
/** Seconds a client is asked to wait after a 503. */
const RETRY_AFTER_SECONDS = 1;
/** Framing is the engine's business, whatever a plugin or a route says. */
const FRAMING_FIELDS = new Set([
    'content-length',
    'transfer-encoding',
    'connection',
    'keep-alive',
    'upgrade',
    'te',
    'trailer',
]);
/** A response made by the gateway: status, field lines without framing, body. */
export class LocalReply {
    status;
    lines;
    /** Null when there is none. */
    body;
    constructor(status, lines, body) {
        this.status = status;
        this.lines = lines;
        this.body = body;
    }
    /** Problem document of an error. @param detail told to the client */
    static error(code, requestId, detail, extraLines = '') {
        const status = ERRORS[code].status;
        let lines = `Content-Type: application/problem+json\r\nX-Request-Id: ${requestId}\r\n${extraLines}`;
        if (status === 503)
            lines += `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`;
        return new LocalReply(status, lines, Buffer.from(problemBody(code, requestId, detail)));
    }
    static respond(action) {
        let lines = '';
        let typed = false;
        for (const [name, value] of action.headers) {
            typed ||= name.toLowerCase() === 'content-type';
            lines += fieldLine(name, value);
        }
        if (action.body === '')
            return new LocalReply(action.status, lines, null);
        if (!typed)
            lines += 'Content-Type: text/plain; charset=utf-8\r\n';
        return new LocalReply(action.status, lines, Buffer.from(action.body));
    }
    static redirect(status, location) {
        return new LocalReply(status, fieldLine('Location', location), null);
    }
    /** @throws TypeError when the reply cannot be put on the wire (rule B11) */
    static fromPlugin(reply) {
        if (!Number.isInteger(reply.status) || reply.status < 200 || reply.status > 599) {
            throw new TypeError(`illegal status ${reply.status} in a plugin's reply`);
        }
        let lines = '';
        for (const [name, value] of Object.entries(reply.headers ?? {})) {
            if (FRAMING_FIELDS.has(name.toLowerCase()))
                continue;
            for (const one of typeof value === 'string' ? [value] : value)
                lines += fieldLine(name, one);
        }
        const body = reply.body ?? null;
        if (body === null)
            return new LocalReply(reply.status, lines, null);
        const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.length);
        return new LocalReply(reply.status, lines, bytes);
    }
}
function fieldLine(name, value) {
    if (!isToken(name) || !isFieldValue(value))
        throw new TypeError(`illegal header field ${JSON.stringify(name)}`);
    return `${name}: ${value}\r\n`;
}
//# sourceMappingURL=local-reply.js.map