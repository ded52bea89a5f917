import { ERRORS, type ErrorCode } from './errors.ts';

/** A URN, so that the documents are the same wherever the docs are served. */
const TYPE_BASE = 'urn:octopus:error:';

/** The problem document (RFC 9457) of an error of the table. */
export function problemBody(code: ErrorCode, requestId: string, detail = ''): string {
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
