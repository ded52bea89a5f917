/** The connection could not be made: nothing of the request was sent. */
export const FAILURE_CONNECT = 1;
/** A kept-alive connection turned out to be closed before anything came back (rule C14). */
export const FAILURE_STALE = 2;
/** The endpoint closed the connection before its response head was complete. */
export const FAILURE_RESET = 3;
/** The response violates HTTP (rules C8, C9). */
export const FAILURE_MALFORMED = 4;
/** The endpoint closed the connection in the middle of the response body (rule C2). */
export const FAILURE_TRUNCATED = 5;
//# sourceMappingURL=upstream-call.js.map