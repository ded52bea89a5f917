/** Closed before the endpoint's own timeout, so that a request does not meet a connection that is just going away. */
const HINT_MARGIN_MS = 1000;
/** @param idleTimeout milliseconds by configuration */
export function idlesTooLong(connection, idleTimeout, now) {
    const { idleHint } = connection;
    const limit = idleHint === 0 ? idleTimeout : Math.min(idleTimeout, Math.max(0, idleHint - HINT_MARGIN_MS));
    return now - connection.idleSince >= limit;
}
//# sourceMappingURL=idle-limit.js.map