/** The response has no body, or its length stands in the field lines. */
export const FRAMING_AS_IS = 0;
/** The engine states the length it is told. */
export const FRAMING_LENGTH = 1;
/** Length unknown: chunked for HTTP/1.1, until close for HTTP/1.0. */
export const FRAMING_STREAM = 2;
//# sourceMappingURL=downstream.js.map