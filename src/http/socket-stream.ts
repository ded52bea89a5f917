import type { Socket } from 'node:net';
import type { ByteOutput } from '../shared/byte-output.ts';
import type { ByteReader, ByteStream } from '../shared/byte-stream.ts';
import { retain } from '../shared/read-buffer.ts';
import { latin1 } from './latin1.ts';

/**
 * A peer that vanished without a word is found by the kernel's probes, which begin after this silence. Milliseconds. Where
 * nothing is sent for hours nothing else would find it.
 */
export const PROBE_AFTER_MS = 60_000;
/** Milliseconds that a peer gets to read the rest after both directions have ended. */
const LINGER_MS = 5000;
/** Up to this size bytes go to the kernel as text: it nearly always takes them at once, and then nothing is copied. */
const TEXT_LIMIT = 16 * 1024;

/**
 * A TCP connection as a byte stream. Whoever owned the socket before goes on to get its events and passes them on:
 * that costs no listeners, and a tunnel of two sockets stays small.
 */
export class SocketStream implements ByteStream {
  readonly #socket: Socket;
  readonly #output: ByteOutput;
  #reader: ByteReader | null = null;
  #early: Buffer | null;
  #peerEnded = false;
  #gone = false;

  /** @param early bytes that were read before the connection became a tunnel */
  constructor(socket: Socket, output: ByteOutput, early: Buffer | null) {
    this.#socket = socket;
    this.#output = output;
    this.#early = early;
    socket.setKeepAlive(true, PROBE_AFTER_MS);
  }

  start(reader: ByteReader): void {
    this.#reader = reader;
    this.#socket.resume();
    const early = this.#early;
    if (early !== null) {
      this.#early = null;
      reader.onBytes(early, 0, early.length);
    }
    if (this.#gone) reader.onGone();
    else if (this.#peerEnded) reader.onEnd();
  }

  write(input: Buffer, start: number, end: number): boolean {
    if (end - start > TEXT_LIMIT) return this.#output.writeChunk('', input, start, end, '');
    return this.#output.writeText(latin1(input, start, end));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#output.end();
  }

  abort(): void {
    const socket = this.#socket;
    this.#output.flush();
    if (this.#peerEnded && socket.writableEnded && this.#output.queued > 0) {
      // Both directions have ended in good order: the last bytes only have to leave.
      socket.setTimeout(LINGER_MS, () => socket.destroy());
    } else {
      socket.destroy();
    }
  }

  // --- from the owner of the socket ------------------------------------------------------------------------------

  received(input: Buffer, start: number, end: number): void {
    if (this.#reader !== null) {
      this.#reader.onBytes(input, start, end);
      return;
    }
    const copy = retain(input, start, end);
    this.#early = this.#early === null ? copy : Buffer.concat([this.#early, copy]);
    this.#socket.pause();
  }

  peerEnded(): void {
    this.#peerEnded = true;
    this.#reader?.onEnd();
  }

  drained(): void {
    this.#reader?.onDrain();
  }

  closed(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#reader?.onGone();
  }
}
