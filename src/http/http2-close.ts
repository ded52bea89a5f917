/**
 * Ends of HTTP/2 streams and sessions that Node survives. nghttp2 goes on with every stream that it was not told to reset, also when
 * its JavaScript object is gone: then it makes empty DATA frames for ever, and the thread never comes back. Where Node's
 * insides have other names than in Node 20 to 24 the guard is missing and nothing else.
 */
import { constants, type Http2Session, type Http2Stream } from 'node:http2';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;
const { NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE, NGHTTP2_STREAM_STATE_OPEN } = constants;

interface NativeStream {
  rstStream(code: number): void;
}

interface NativeSession {
  destroy(code: number, socketClosed: boolean): void;
}

/**
 * Closes a stream once the session is not in the middle of a read. There Node's listeners run inside nghttp2, and a close
 * would free memory that nghttp2 is still about to use: a client could crash the process. A microtask would be too early,
 * it runs inside the read too.
 *
 * @param code with NO_ERROR a stream that has been ended closes behind all that it still has to send
 */
export function closeStream(stream: Http2Stream, code: number): void {
  // Told at once, Node would take the stream for closed and not reset it when the session ends before it is.
  if (code === NGHTTP2_NO_ERROR && stream.writableEnded && !stream.writableFinished)
    stream.once('finish', () => closeStream(stream, code));
  else setImmediate(closeNow, stream, code);
}

function closeNow(stream: Http2Stream, code: number): void {
  dropForgotten(stream);
  if (stream.destroyed || stream.closed) return;
  stream.destroy = destroyReset;
  stream.close(code);
}

/**
 * While the socket is busy Node remembers the reset for later, and forgets it when the end of that very write destroys the
 * stream. So it is destroyed after the turn: by then it was reset, or is reset here.
 */
function destroyReset(this: Http2Stream, error?: Error): Http2Stream {
  if (this.destroyed || sessionIsOver(this)) destroyNow(this, error);
  else setImmediate(destroyLater, this, error);
  return this;
}

function destroyLater(stream: Http2Stream, error: Error | undefined): void {
  if (stream.destroyed) return;
  const { state } = stream.state;
  const isOpen = state === NGHTTP2_STREAM_STATE_OPEN || state === NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE;
  // Not twice on the wire: nghttp2 knows which streams wait to be reset.
  if (isOpen && !sessionIsOver(stream)) nativeOf(stream)?.rstStream(stream.rstCode ?? NGHTTP2_CANCEL);
  destroyNow(stream, error);
}

/** It has been told to close and has not closed yet. */
export function isClosing(stream: Http2Stream): boolean {
  return stream.destroy === destroyReset && !stream.destroyed;
}

/**
 * Ends a stream that the peer has closed and nghttp2 has forgotten. After RST_STREAM with NO_ERROR Node waits until all
 * that was received is read and all that was written has left, but nothing leaves any more: without this the stream stays
 * as long as its session, and a session that was told to close stays for ever.
 *
 * Not from inside a read, and only when nobody wants what has not been read yet.
 */
export function dropForgotten(stream: Http2Stream): void {
  if (stream.closed && !stream.destroyed && !isClosing(stream)) destroyNow(stream, undefined);
}

/**
 * Ends the native half of a session, before the session is destroyed. Else Node sends RST_STREAM for every open stream and
 * first all that waits; when a peer went away in the middle of a body that has ended here, nghttp2 makes empty DATA frames
 * for ever (measured: a thread that spins until the memory is used up).
 */
export function closeNative(session: Http2Session): void {
  const handle = handleOf(session) as NativeSession | undefined;
  if (typeof handle?.destroy === 'function') handle.destroy(NGHTTP2_CANCEL, true);
}

function sessionIsOver(stream: Http2Stream): boolean {
  return stream.session?.destroyed !== false;
}

function destroyNow(stream: Http2Stream, error: Error | undefined): void {
  Object.getPrototypeOf(stream).destroy.call(stream, error);
}

function nativeOf(stream: Http2Stream): NativeStream | undefined {
  return handleOf(stream) as NativeStream | undefined;
}

function handleOf(owner: Http2Session | Http2Stream): unknown {
  const key = Object.getOwnPropertySymbols(owner).find(({ description }) => description === 'kHandle');
  return key && (owner as unknown as Record<symbol, unknown>)[key];
}
