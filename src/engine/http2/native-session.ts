/**
 * Faults of Node's HTTP/2 sessions that can only be helped from below. Where its insides have other names than in
 * Node 20 to 24 the protection is missing and nothing else.
 */
import { constants, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

interface NativeSession {
  destroy(code: number, socketClosed: boolean): void;
}

interface NativeStream {
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number;
  readStart(): void;
  readStop(): number;
}

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
 * Ends the native half first. Else Node sends RST_STREAM for every open stream and first all that waits; when a peer went
 * away in the middle of a body that has ended here, nghttp2 makes empty DATA frames for ever (measured: a thread that
 * spins until the memory is used up).
 */
function closeNative(session: ServerHttp2Session): void {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'kHandle');
  const handle = key && (session as unknown as Record<symbol, NativeSession | undefined>)[key];
  if (typeof handle?.destroy === 'function') handle.destroy(constants.NGHTTP2_CANCEL, true);
}

/**
 * After a protocol error of the peer Node 20 stops reading and never sees that the peer is gone: one bad frame for one
 * descriptor and its streams, kept for ever. Reading on is harmless, as what still comes is thrown away. While something
 * is being written Node stops reading for a good reason, and reads on by itself.
 */
export function readOn(socket: Socket): void {
  const handle = (socket as unknown as { _handle: NativeStream | null })._handle;
  if (handle !== null && handle.writeQueueSize === 0) handle.readStart();
}

/**
 * Reads no more, for a thread that is about to end: when a request with a body arrives while no JavaScript runs any more,
 * Node aborts the whole process for want of a listener (measured: every second thread that dies under load takes all
 * others along).
 */
export function stopReading(socket: Socket): void {
  (socket as unknown as { _handle: NativeStream | null })._handle?.readStop();
}
