import type { Socket } from 'node:net';

interface NativeSocket {
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number;
  readStart(): void;
}

/**
 * After a protocol error of the peer, and after a GOAWAY when nghttp2 has no streams left, Node 20 stops reading and never
 * sees that the peer is gone: one bad frame for one descriptor and its streams, kept for ever. Reading on is
 * harmless, as what still comes is thrown away. While something is being written Node stops reading for a good reason, and
 * reads on by itself.
 */
export function readOn(socket: Socket): void {
  const handle = (socket as unknown as { _handle: NativeSocket | null })._handle;
  if (handle !== null && handle.writeQueueSize === 0) handle.readStart();
}
