/**
 * Reads plain sockets, and writes to them, past the streams of Node where the system offers a way: see
 * `native-bindings/direct-sockets.ts`. All else of a socket stays Node's: connecting, pausing, closing, its events, and
 * what the kernel does not take at once. Where there is no such way, nothing changes.
 */
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { readBuffer, retain } from './read-buffer.ts';
import { type SendRing, sendThrough } from './staged-sends.ts';
import { beginTurn, endTurn } from './write-batch.ts';

/** The kernel's side, by descriptors. Negative results are negated numbers of errors. */
export interface KernelSockets {
  watch(fd: number): boolean;
  unwatch(fd: number): void;
  again(fd: number): void;
  look(): number;
  readyAt(index: number): number;
  endedAt(index: number): boolean;
  receive(fd: number, buffer: Uint8Array): number;
  send(fd: number, buffer: Uint8Array, length: number): number;
}

/** Receives from many sockets with one call: see `native-bindings/socket-ring.ts`. */
export interface SocketRing extends SendRing {
  /** What was received, by slot. */
  readonly received: readonly Buffer[];
  stageReceive(slot: number, fd: number): void;
  /** @returns how many bytes, 0 at the end, or a negated number of an error */
  length(slot: number): number;
}

/** Of a TCP socket: what Node calls to read from it and to end it. */
interface TcpHandle {
  readonly fd: number;
  reading: boolean;
  [READER]?: DirectReader;
  readStart(): number;
  readStop(): number;
  close(done?: () => void): void;
  reset(done?: () => void): number;
}

const READER = Symbol('reader');

const EINTR = 4;
/** Also what the ring says of what it has not done. */
const EIO = 5;
const EAGAIN = 11;
/** As long as a read fills the buffer it goes on, up to so many times: libuv goes up to 32. */
const MOST_READS = 4;
/** Who was read so much of at once is read alone for a while: a slot of the ring would cut a large body once more. */
const LARGE = 4096;
/** As many smaller reads; the end of a large body is one. */
const WHILE_LARGE = 8;
/** Longer text is written as always. */
const MOST_TEXT = 64 * 1024;

let sockets: KernelSockets | null = null;
let ring: SocketRing | null = null;
/** Whom a slot of the ring was staged for. */
const staged: (DirectReader | null)[] = [];
/** One serves all writes, because what the kernel does not take goes on as text. */
const sendBuffer = Buffer.allocUnsafeSlow(MOST_TEXT) as Buffer & {
  latin1Write(text: string, at: number, length: number): number;
};
/** By descriptor. */
const readers: (DirectReader | undefined)[] = [];

/** Called once per thread, before it has sockets. */
export function useDirectSockets(ready: KernelSockets | null, together: SocketRing | null = null): void {
  sockets = ready;
  ring = together;
  sendThrough(together);
}

let failed = false;
let failure: unknown = null;

/** The event loop has found that some sockets can be read. */
export function readReady(): void {
  const count = sockets!.look();
  if (count <= 0) return;
  beginTurn(count);
  failed = false;
  for (let at = 0; at < count; ) {
    if (ring === null || count - at < ring.fewest) readOne(at++);
    else at = readTogether(ring, at, Math.min(count, at + ring.slots));
  }
  endTurn();
  if (failed) throw failure;
}

function readOne(index: number): void {
  try {
    readers[sockets!.readyAt(index)]?.read(sockets!.endedAt(index));
  } catch (error) {
    fail(error);
  }
}

/** @returns `to` */
function readTogether(ring: SocketRing, from: number, to: number): number {
  for (let index = from; index < to; index++) {
    const fd = sockets!.readyAt(index);
    const reader = readers[fd];
    if (reader === undefined || !reader.fitsSlot) {
      staged[index - from] = null;
      continue;
    }
    staged[index - from] = reader;
    ring.stageReceive(index - from, fd);
  }
  ring.submit();
  for (let index = from; index < to; index++) {
    const slot = index - from;
    const reader = staged[slot]!;
    if (reader === null) {
      readOne(index);
      continue;
    }
    try {
      reader.take(ring.received[slot]!, ring.length(slot), sockets!.endedAt(index));
    } catch (error) {
      fail(error);
    }
  }
  return to;
}

/** The other sockets would not be told of again: they come first. */
function fail(error: unknown): void {
  failed = true;
  failure = error;
}

/**
 * Nothing of the stream may wait to be written.
 *
 * @param text latin1
 * @returns how much of it the kernel took; 0 also where this cannot be done
 */
export function writeDirectly(fd: number, text: string): number {
  const { length } = text;
  if (sockets === null || length > MOST_TEXT) return 0;
  sendBuffer.latin1Write(text, 0, length);
  return sendDirectly(fd, sendBuffer, length);
}

/** The same for the first `length` bytes of `bytes`. */
export function sendDirectly(fd: number, bytes: Uint8Array, length: number): number {
  if (sockets === null || !(fd >= 0)) return 0;
  // Errors show once more when the rest is written as always.
  return Math.max(0, sockets.send(fd, bytes, length));
}

/**
 * Call before the socket has begun to read.
 *
 * @param receive the first `length` bytes of `input` have been read; they are valid until it returns
 * @returns null when the socket is to read as always
 */
export function readDirectly(
  handle: object | null | undefined,
  receive: (length: number, input: Buffer) => void,
): DirectReader | null {
  if (sockets === null || handle === null || handle === undefined) return null;
  const prototype = directPrototype(Object.getPrototypeOf(handle) as TcpHandle);
  if (prototype === null) return null;
  const { fd } = handle as TcpHandle;
  if (!(fd >= 0)) return null;
  const reader = new DirectReader(handle as TcpHandle, fd, receive);
  Object.setPrototypeOf(handle, prototype);
  (handle as TcpHandle)[READER] = reader;
  return reader;
}

/** Null for a socket that reads as always. */
export function readerOf(socket: Socket): DirectReader | null {
  const handle = (socket as unknown as { _handle: TcpHandle | null })._handle;
  return handle?.[READER] ?? null;
}

/** Gives the socket back to Node, which goes on reading if it did: for sessions that read natively. */
export function readAsAlways(socket: Socket): void {
  readerOf(socket)?.leave();
}

export class DirectReader {
  /** Set as soon as there is one. */
  socket: Socket | null = null;
  /** All has been read, and the peer sends no more. Events of the socket say so only after the turn. */
  ended = false;
  readonly #handle: TcpHandle;
  readonly #receive: (length: number, input: Buffer) => void;
  #fd: number;
  /** The kernel watches it. That outlasts short pauses, which cost nothing so. */
  #watched = false;
  #reading = false;
  /** So many reads are still made alone. */
  #alone = 0;
  /** Was read together with others before something paused this one. */
  #early: Buffer | null = null;
  /** Why nothing can be written any more. */
  #broken: Error | null = null;

  constructor(handle: TcpHandle, fd: number, receive: (length: number, input: Buffer) => void) {
    this.#handle = handle;
    this.#fd = fd;
    this.#receive = receive;
  }

  start(): number {
    this.#reading = true;
    if (this.#early !== null) setImmediate(() => this.#deliverEarly());
    if (this.#watched || this.#fd < 0) return 0;
    if (!sockets!.watch(this.#fd)) {
      this.leave();
      return 0;
    }
    this.#watched = true;
    readers[this.#fd] = this;
    return 0;
  }

  stop(): void {
    this.#reading = false;
  }

  /** The socket has neither been destroyed nor given back to Node. */
  get open(): boolean {
    return this.#fd >= 0;
  }

  /**
   * For a socket that cannot be written to any more: what the peer sent before it closed is still read, then the socket is
   * destroyed.
   *
   * @returns false when that cannot be done
   */
  readOut(error: Error): boolean {
    if (!this.#reading || !this.#watched) return false;
    this.#broken = error;
    this.#readAgain();
    return true;
  }

  /** Whether what can be read may go through the ring. */
  get fitsSlot(): boolean {
    return this.#reading && this.#alone === 0 && this.#early === null;
  }

  /**
   * The same as `read`, for what was read together with others.
   *
   * @param status how many bytes, 0 at the end, or a negated number of an error
   */
  take(input: Buffer, status: number, ended: boolean): void {
    if (this.#fd < 0) return;
    if (status === -EIO) {
      this.read(ended);
      return;
    }
    if (status < 0) {
      this.#ended(status);
      return;
    }
    if (!this.#reading) {
      // Paused by what came before in this turn. The end is told again.
      if (status > 0) this.#early = retain(input, 0, status);
      this.#unwatch();
      return;
    }
    if (status === 0) {
      this.#ended(status);
      return;
    }
    const isFull = status === input.length;
    if (isFull) this.#alone = WHILE_LARGE;
    else this.ended = ended;
    this.#receive(status, input);
    if (isFull) this.read(ended);
    else if (ended) this.#readAgain();
  }

  #deliverEarly(): void {
    const early = this.#early;
    if (early === null || !this.#reading) return;
    this.#early = null;
    this.#receive(early.length, early);
  }

  /** @param ended what can be read is the last */
  read(ended: boolean): void {
    this.#deliverEarly();
    for (let i = 0; i < MOST_READS; i++) {
      // Paused or closed by what came before in this turn. The descriptor may be another socket's by now.
      if (!this.#reading || this.#fd < 0) {
        this.#unwatch();
        return;
      }
      const length = sockets!.receive(this.#fd, readBuffer);
      if (length <= 0) {
        this.#ended(length);
        return;
      }
      if (length >= LARGE) this.#alone = WHILE_LARGE;
      else if (this.#alone > 0) this.#alone--;
      const isFull = length === readBuffer.length;
      this.ended = ended && !isFull;
      this.#receive(length, readBuffer);
      if (!isFull) {
        // Not at once: who was given the last bytes may first have something to do in this turn.
        if (ended) this.#readAgain();
        return;
      }
    }
    this.#readAgain();
  }

  #readAgain(): void {
    if (this.#watched) sockets!.again(this.#fd);
  }

  #ended(status: number): void {
    if (status === -EINTR) this.#readAgain();
    if ((status === -EAGAIN && this.#broken === null) || status === -EINTR) return;
    this.#unwatch();
    this.#reading = false;
    this.ended = true;
    const socket = this.socket!;
    if (status < 0 || this.#broken !== null) {
      // The write has taken the error from the kernel: what looks like an end may be a reset.
      socket.destroy(this.#broken ?? readError(status));
      return;
    }
    socket.push(null);
    socket.read(0);
  }

  #unwatch(): void {
    if (!this.#watched) return;
    this.#watched = false;
    readers[this.#fd] = undefined;
    sockets!.unwatch(this.#fd);
  }

  /** The descriptor is about to be closed. */
  close(): void {
    this.#unwatch();
    this.#early = null;
    this.#fd = -1;
  }

  /** The socket reads as always from now on. */
  leave(): void {
    const early = this.#early;
    this.close();
    const handle = this.#handle;
    delete handle[READER];
    Object.setPrototypeOf(handle, Object.getPrototypeOf(Object.getPrototypeOf(handle)));
    if (early !== null) this.#receive(early.length, early);
    if (this.#reading) handle.readStart();
  }
}

/** Like the errors of Node's own sockets. */
function readError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`read ${code}`), { errno: status, code, syscall: 'read' });
}

let known: { readonly own: TcpHandle; readonly direct: TcpHandle } | null = null;

/** One prototype serves all handles, so that one costs a connection nothing but its reader. */
function directPrototype(own: TcpHandle): TcpHandle | null {
  if (known === null) {
    const methods = ['readStart', 'readStop', 'close', 'reset'] as const;
    if (own?.constructor?.name !== 'TCP' || methods.some((name) => typeof own[name] !== 'function'))
      return null;
    known = { own, direct: createDirect(own) };
  }
  return known.own === own ? known.direct : null;
}

function createDirect(own: TcpHandle): TcpHandle {
  return Object.assign(Object.create(own) as TcpHandle, {
    readStart(this: TcpHandle): number {
      return this[READER]!.start();
    },
    readStop(this: TcpHandle): number {
      this[READER]!.stop();
      return 0;
    },
    close(this: TcpHandle, done?: () => void): void {
      this[READER]!.close();
      own.close.call(this, done);
    },
    reset(this: TcpHandle, done?: () => void): number {
      this[READER]!.close();
      return own.reset.call(this, done);
    },
  });
}
