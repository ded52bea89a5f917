/**
 * Faults of Node's HTTP/2 sessions that can only be helped from below. Where its insides have other names than in
 * Node 20 to 24 the protection is missing and nothing else.
 */
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { closeNative } from '../../http/http2-close.ts';

export interface SessionEnds {
  /** Sends GOAWAY and ends with what is still to be sent. Not while there are streams. */
  close(): void;
  destroy(): void;
}

/**
 * Keeps Node from ending a session, or any stream of it, in the middle of a read. Listeners run inside nghttp2 then, and
 * a stream that is reset there is freed while nghttp2 is about to use it: GOAWAY and one more request in one segment were
 * enough to corrupt the memory of the process (Node 20.20).
 *
 * @param onClose instead of `session.close()`, which Node calls when the client says GOAWAY: after it every new stream is
 *   reset from inside the read
 * @returns what the session's own methods did; to be called from timers, immediates and events of the socket only
 */
export function guardSession(session: ServerHttp2Session, onClose: () => void): SessionEnds {
  const close = session.close.bind(session);
  const destroy = session.destroy.bind(session);
  session.close = onClose;
  session.destroy = (error, code) => {
    setImmediate(() => destroy(error, code));
  };
  return {
    close(): void {
      if (session.destroyed) return;
      close();
      // At once, so that no stream can begin any more; what waits to be sent is sent nevertheless.
      destroy();
    },
    destroy(): void {
      if (session.destroyed) return;
      closeNative(session);
      destroy();
    },
  };
}

/**
 * Reads no more, for a thread that is about to end: when a request with a body arrives while no JavaScript runs any more,
 * Node aborts the whole process for want of a listener (measured: every second thread that dies under load takes all
 * others along).
 */
export function stopReading(socket: Socket): void {
  (socket as unknown as { _handle: { readStop(): number } | null })._handle?.readStop();
}
