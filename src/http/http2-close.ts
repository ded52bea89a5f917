import type { Http2Stream } from 'node:http2';

/**
 * Closes a stream once the session is not in the middle of a read. There Node's listeners run inside nghttp2, and a close
 * would either be forgotten (CANCEL) or free memory that nghttp2 is still about to use (all other codes): a client could
 * hang or crash the process. A microtask would be too early, it runs inside the read too.
 */
export function closeStream(stream: Http2Stream, code: number): void {
  setImmediate(() => {
    if (!stream.destroyed) stream.close(code);
  });
}
