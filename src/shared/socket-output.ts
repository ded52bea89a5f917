/**
 * Writes text and pieces of bodies to a plain socket past the streams of Node, which cost a proxied request about 3 µs for
 * its two writes: first to the kernel (`direct-sockets.ts`), where that can be done, then what is left to the handle of the
 * socket. The kernel nearly always takes all of it at once; then nothing has to be remembered. Only while the stream itself
 * still holds bytes do writes go through it.
 *
 * This uses two things of Node that are not documented: the handle of a socket and the class of its write requests. Both
 * have been the same since Node 10; where they are missing, writes go through the stream.
 */
import { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { ByteOutput } from './byte-output.ts';
import { type DirectReader, readerOf, sendDirectly, writeDirectly } from './direct-sockets.ts';
import { retain } from './read-buffer.ts';
import { giveSendBuffer, SEND_SIZE, takeSendBuffer } from './send-buffers.ts';
import { type Sender, sendStaged, stageSend } from './staged-sends.ts';
import { type Batched, flushAfterTurn, turnLoad } from './write-batch.ts';

/** A write in progress, as a handle wants it. */
export interface WriteRequest {
  oncomplete: ((status: number) => void) | undefined;
}

interface StreamHandle {
  /** Of the socket; -1 where there is none yet. */
  readonly fd: number;
  writeLatin1String(request: WriteRequest, text: string): number;
  /** Reads from the buffer until the request completes, unless the kernel takes all of it at once. */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number;
}

/** Null where Node's insides are others than we know. */
export const WriteWrap = findWriteRequestClass();

/** The class is not exported, but every handle is given an instance: this one is only there to look at it. */
function findWriteRequestClass(): (new () => WriteRequest) | null {
  let found: unknown = null;
  const probe = {
    writeLatin1String(request: object): number {
      found = request.constructor;
      return 0;
    },
    readStart: (): number => 0,
    getAsyncId: (): number => 0,
    close(done?: () => void): void {
      done?.();
    },
  };
  try {
    const socket = new Socket({ handle: probe, manualStart: true } as ConstructorParameters<
      typeof Socket
    >[0]);
    socket.on('error', () => {});
    socket.write('x', 'latin1');
    socket.destroy();
  } catch {
    return null;
  }
  return typeof found === 'function' && found.name === 'WriteWrap' ? (found as new () => WriteRequest) : null;
}

/** As much text may wait for the end of the turn. Pieces of large bodies do not: to join them costs more than it saves. */
const MOST_WAITING = 4 * 1024;

/**
 * The writing half of one plain socket. In a busy thread text leaves at the end of a turn of the event loop, when all
 * sockets that had something have been read: whoever is woken by the first write need not be woken by the others.
 */
export class SocketOutput implements ByteOutput, Batched, Sender {
  /** With 10 KB as text a response took 22% more CPU time. */
  readonly joinLimit = 4 * 1024;
  readonly #socket: Socket;
  readonly #onDrain: () => void;
  readonly #answered: boolean;
  /** As long as the socket has its handle. */
  #fd = -1;
  #handle: StreamHandle | null = null;
  /** Is closed as soon as the socket is destroyed. */
  #reader: DirectReader | null = null;
  /** The stream may hold something, or is to be asked for another reason. */
  #askStream = true;
  /** A direct write waits for the peer. */
  #waiting = false;
  /** What leaves at the end of the turn. */
  #text = '';
  /** What is on its way to the kernel together with the text of others. */
  #staged = '';

  /**
   * @param onDrain the peer reads again after a write returned false
   * @param answered the peer may have answered before it closed: a write that fails does not keep that from being read
   */
  constructor(socket: Socket, onDrain: () => void, answered = false) {
    this.#socket = socket;
    this.#onDrain = onDrain;
    this.#answered = answered;
    socket.on('drain', () => {
      if (!this.#waiting) onDrain();
    });
  }

  /** The last write returned false and the peer has not caught up yet. */
  get blocked(): boolean {
    return this.#waiting || (this.#askStream && this.#socket.writableNeedDrain);
  }

  /** Bytes written that the kernel has not taken. */
  get queued(): number {
    return this.#text.length + this.#socket.writableLength + (handleOf(this.#socket)?.writeQueueSize ?? 0);
  }

  /**
   * @param text latin1
   * @returns false when the peer is slow
   */
  writeText(text: string): boolean {
    turnLoad.writes++;
    if (this.#text === '') {
      if (!turnLoad.crowded || text.length > MOST_WAITING) return this.#write(text);
      flushAfterTurn(this);
    }
    this.#text += text;
    if (this.#text.length > MOST_WAITING) this.flush();
    return !this.blocked;
  }

  flush(): void {
    if (this.#staged !== '') sendStaged();
    const text = this.#takeText();
    if (text === '') return;
    const handle = this.#directHandle();
    if (handle !== null && stageSend(this, this.#descriptor(handle), text)) this.#staged = text;
    else if (!this.#socket.destroyed) this.#write(text);
  }

  settle(sent: number): void {
    const text = this.#staged;
    this.#staged = '';
    if (sent !== text.length) this.#writeRest(handleOf(this.#socket)!, text, Math.max(0, sent));
  }

  #write(text: string): boolean {
    const handle = this.#directHandle();
    if (handle === null) {
      this.#askStream = true;
      return this.#socket.write(text, 'latin1') && !this.#waiting;
    }
    const sent = writeDirectly(this.#descriptor(handle), text);
    return sent === text.length || this.#writeRest(handle, text, sent);
  }

  #writeRest(handle: StreamHandle, text: string, sent: number): boolean {
    const rest = sent === 0 ? text : text.slice(sent);
    const request = newRequest();
    return this.#written(handle, request, handle.writeLatin1String(request, rest), null);
  }

  #takeText(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  writeChunk(prefix: string, input: Uint8Array, start: number, end: number, after: string): boolean {
    const before = this.#takeText() + prefix;
    const length = before.length + end - start + after.length;
    const handle = length > SEND_SIZE ? null : this.#directHandle();
    if (handle === null) return this.#writeThroughStream(before, input, start, end, after);
    const buffer = takeSendBuffer();
    buffer.write(before, 0, 'latin1');
    buffer.set(input.subarray(start, end), before.length);
    buffer.write(after, length - after.length, 'latin1');
    const sent = sendDirectly(this.#descriptor(handle), buffer, length);
    if (sent === length) {
      giveSendBuffer(buffer);
      return true;
    }
    const request = newRequest();
    return this.#written(handle, request, handle.writeBuffer(request, buffer.subarray(sent, length)), buffer);
  }

  /** To ask the handle for it takes longer than to write. */
  #descriptor(handle: StreamHandle): number {
    if (this.#fd < 0) this.#fd = handle.fd;
    return this.#fd;
  }

  /** Null when the stream has to know of the next write. */
  #directHandle(): StreamHandle | null {
    if (this.#staged !== '') sendStaged();
    if (this.#waiting) return null;
    // What Node's getters do took 1.5% of a request's CPU time.
    if (!this.#askStream && this.#reader!.open) return this.#handle;
    const socket = this.#socket;
    if (WriteWrap === null || socket.connecting || socket.writableLength !== 0) return null;
    this.#handle = handleOf(socket);
    this.#reader = readerOf(socket);
    this.#askStream = this.#reader === null;
    return this.#handle;
  }

  /** @param buffer what was written, to be given back as soon as nobody reads from it */
  #written(handle: StreamHandle, request: WriteRequest, status: number, buffer: Buffer | null): boolean {
    if (status === 0 && handle.writeQueueSize !== 0) {
      this.#waiting = true;
      request.oncomplete = (result) => {
        if (buffer !== null) giveSendBuffer(buffer);
        this.#onComplete(result);
      };
      return false;
    }
    if (buffer !== null) giveSendBuffer(buffer);
    if (status !== 0) this.#fail(writeError(status));
    return status === 0;
  }

  #writeThroughStream(before: string, input: Uint8Array, start: number, end: number, after: string): boolean {
    const socket = this.#socket;
    this.#askStream = true;
    socket.cork();
    if (before !== '') socket.write(before, 'latin1');
    socket.write(retain(input, start, end));
    if (after !== '') socket.write(after, 'latin1');
    socket.uncork();
    return !this.blocked;
  }

  end(): void {
    this.flush();
    this.#socket.end();
  }

  #onComplete(status: number): void {
    this.#waiting = false;
    if (this.#socket.destroyed) return;
    if (status < 0) this.#fail(writeError(status));
    else this.#onDrain();
  }

  #fail(error: Error): void {
    if (!this.#answered || this.#reader?.readOut(error) !== true) this.#socket.destroy(error);
  }
}

/**
 * One for each write. Whether one is free again cannot be seen: what the kernel did not take at first it may take a moment
 * later, and then nothing is queued while the request is still under way. To use it again aborts the process.
 */
function newRequest(): WriteRequest {
  const request = new WriteWrap!();
  request.oncomplete = ignore;
  return request;
}

function ignore(): void {}

/** Like the errors of Node's own sockets. */
export function writeError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' });
}

function handleOf(socket: Socket): StreamHandle | null {
  return (socket as unknown as { _handle: StreamHandle | null })._handle;
}
