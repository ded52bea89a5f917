/**
 * Writes to a TLS connection past the stream machinery of Node, like `socket-output.ts` does for plain ones. The handle
 * of a TLS connection takes one write at a time and tells in a later turn that it is done; what comes meanwhile is
 * joined here, so that it leaves in few records and system calls.
 */
import type { TLSSocket } from 'node:tls';
import type { ByteOutput } from './byte-output.ts';
import { type WriteRequest, WriteWrap, writeError } from './socket-output.ts';

interface TlsHandle {
  writeLatin1String(request: WriteRequest, text: string): number;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
}

type Piece = string | Buffer;

/** Above this many bytes the peer counts as slow, until less than `LOW_WATER` are left. */
const HIGH_WATER = 128 * 1024;
const LOW_WATER = 32 * 1024;

/** The writing half of one TLS connection. */
export class TlsOutput implements ByteOutput {
  /** As bytes, 10 KB need memory of their own and took 12% more CPU time than as text. */
  readonly joinLimit = 16 * 1024;
  readonly #socket: TLSSocket;
  readonly #onDrain: () => void;
  /** Two take turns: the one whose completion is being told is not free yet. Null where Node's insides are others. */
  #request: WriteRequest | null;
  #otherRequest: WriteRequest | null;
  /** The piece in progress, null when there is none. */
  #current: Piece | null = null;
  /** The pieces behind it; text that follows text is joined. */
  #queue: Piece[] = [];
  #size = 0;
  #ending = false;
  blocked = false;

  /** @param socket its handshake need not be complete: what is written before waits for it */
  constructor(socket: TLSSocket, onDrain: () => void) {
    this.#socket = socket;
    this.#onDrain = onDrain;
    const oncomplete = (status: number): void => this.#onComplete(status);
    this.#request = WriteWrap === null ? null : Object.assign(new WriteWrap(), { oncomplete });
    this.#otherRequest = WriteWrap === null ? null : Object.assign(new WriteWrap(), { oncomplete });
    if ((socket as { secureConnecting?: boolean }).secureConnecting) {
      this.#current = '';
      socket.once('secureConnect', () => this.#onComplete(0));
    }
  }

  get queued(): number {
    return this.#size;
  }

  writeText(text: string): boolean {
    this.#size += text.length;
    if (this.#current === null) this.#send(text);
    else {
      const last = this.#queue.length - 1;
      const tail = this.#queue[last];
      if (typeof tail === 'string') this.#queue[last] = tail + text;
      else this.#queue.push(text);
    }
    return this.#room();
  }

  /** One buffer for all of it makes one record of it; the bytes have to be copied anyway. */
  writeChunk(before: string, input: Uint8Array, start: number, end: number, after: string): boolean {
    const length = end - start;
    const piece = Buffer.allocUnsafe(before.length + length + after.length);
    if (before !== '') piece.write(before, 0, 'latin1');
    piece.set(start === 0 && end === input.length ? input : input.subarray(start, end), before.length);
    if (after !== '') piece.write(after, before.length + length, 'latin1');
    this.#size += piece.length;
    if (this.#current === null) this.#send(piece);
    else this.#queue.push(piece);
    return this.#room();
  }

  flush(): void {}

  end(): void {
    if (this.#current === null) this.#socket.end();
    else this.#ending = true;
  }

  #room(): boolean {
    if (this.#size > HIGH_WATER) this.blocked = true;
    return !this.blocked;
  }

  #send(piece: Piece): void {
    const socket = this.#socket;
    const handle = (socket as unknown as { _handle: TlsHandle | null })._handle;
    if (handle === null) return;
    this.#current = piece;
    const request = this.#request;
    if (request === null) {
      socket.write(piece, 'latin1', (error) => this.#onComplete(error ? -1 : 0));
      return;
    }
    this.#request = this.#otherRequest;
    this.#otherRequest = request;
    const status =
      typeof piece === 'string'
        ? handle.writeLatin1String(request, piece)
        : handle.writeBuffer(request, piece);
    if (status !== 0) socket.destroy(writeError(status));
  }

  #onComplete(status: number): void {
    const socket = this.#socket;
    this.#size -= this.#current?.length ?? 0;
    this.#current = null;
    if (socket.destroyed) return;
    if (status < 0) {
      socket.destroy(writeError(status));
      return;
    }
    const next = this.#queue.shift();
    if (next !== undefined) this.#send(next);
    else if (this.#ending) socket.end();
    if (this.blocked && this.#size < LOW_WATER) {
      this.blocked = false;
      this.#onDrain();
    }
  }
}
