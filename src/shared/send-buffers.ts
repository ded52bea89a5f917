/**
 * Buffers from which large pieces of bodies are written. A piece has to be copied out of the shared read buffer, because
 * the kernel may not take all of it at once; mostly it does, so that one buffer serves piece after piece. Memory that is
 * allocated for each piece instead is freed by the garbage collector, which it drives hard (measured: a third of the CPU
 * time of a 100 KB response).
 */

/** Room for a whole read, a head before it and chunk framing around it. */
export const SEND_SIZE = 96 * 1024;

/** Of those that slow peers have held, as many are kept. */
const MOST_KEPT = 8;

const free: Buffer[] = [];

/** The caller gives it back when nobody reads from it any more. */
export function takeSendBuffer(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(SEND_SIZE);
}

export function giveSendBuffer(buffer: Buffer): void {
  if (free.length < MOST_KEPT) free.push(buffer);
}
