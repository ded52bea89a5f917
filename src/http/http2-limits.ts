/**
 * Largest head and trailer section to send, in the reckoning of nghttp2 (12 bytes more for every field). Heads are limited
 * where they come in; one that nghttp2 does not send ends the connection with all that others have under way on it. Bytes.
 */
export const MAX_SENT_HEAD = 1024 * 1024;
