import { ERRORS } from './errors.js';
/** A URN, so that the documents are the same wherever the docs are served. */
const TYPE_BASE = 'urn:octopus:error:';
/** The problem document (RFC 9457) of an error of the table. */
export function problemBody(code, requestId, detail = '') {
    const entry = ERRORS[code];
    return JSON.stringify({
        type: TYPE_BASE + code,
        title: entry.title,
        status: entry.status,
        detail: detail === '' ? entry.advice : `${detail}. ${entry.advice}`,
        code,
        request_id: requestId,
    });
}
//# sourceMappingURL=problem.js.map