/** Closed before the endpoint's own timeout, so that a request does not meet a connection that is just going away. */
const HINT_MARGIN_MS = 1000;

interface IdleConnection {
  /** Coarse-clock time. */
  readonly idleSince: number;
  /** Milliseconds it may idle by the endpoint's own word, 0 if unknown (rule C14). */
  readonly idleHint: number;
}

/** @param idleTimeout milliseconds by configuration */
export function idlesTooLong(connection: IdleConnection, idleTimeout: number, now: number): boolean {
  const { idleHint } = connection;
  const limit = idleHint === 0 ? idleTimeout : Math.min(idleTimeout, Math.max(0, idleHint - HINT_MARGIN_MS));
  return now - connection.idleSince >= limit;
}
