/**
 * Receives from many sockets, or sends to many, with one call: io_uring. A call of its own costs 0.2 µs on the way into the
 * kernel and back, and 0.1 µs in koffi; a proxied request takes four of them.
 *
 * Only what can be done at once is done: sockets are asked with MSG_DONTWAIT, so that nothing is in progress between calls
 * and the kernel uses no buffer after them. Where io_uring is missing or forbidden there is no ring; Docker forbids it
 * unless told otherwise.
 */
import { type NativeLibrary, openLibc } from './libc.ts';

/** The same numbers on all architectures. */
const SYS_IO_URING_SETUP = 425;
const SYS_IO_URING_ENTER = 426;
/** Since Linux 6.0: only this thread submits. Older kernels go without a ring. */
const SETUP_SINGLE_ISSUER = 1 << 12;
const FEATURE_SINGLE_MMAP = 1;
const ENTER_GETEVENTS = 1;
/** Where the ring's file has its submission entries; the two rings are at 0. */
const OFFSET_SQES = 0x10000000;
const OPCODE_SEND = 26;
const OPCODE_RECV = 27;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

// All layouts are given in units of 4 bytes, and lie in memory as written here on little-endian machines only.

/** `struct io_uring_params`. */
const PARAMS_SIZE = 30;
const PARAMS_CQ_ENTRIES = 1;
const PARAMS_FLAGS = 2;
const PARAMS_FEATURES = 5;
const PARAMS_SQ = 10;
const PARAMS_CQ = 20;
/** `struct io_sqring_offsets` and `struct io_cqring_offsets` in it. */
const RING_HEAD = 0;
const RING_TAIL = 1;
const SQ_ARRAY = 6;
const CQ_ENTRIES = 5;

/** `struct io_uring_sqe`. */
const SQE_SIZE = 16;
const SQE_FD = 1;
const SQE_ADDRESS = 4;
const SQE_LENGTH = 6;
const SQE_FLAGS = 7;
const SQE_USER_DATA = 8;
/** `struct io_uring_cqe`. */
const CQE_SIZE = 4;
const CQE_RESULT = 2;

const EINTR = 4;
const EIO = 5;

/** Two calls of their own cost about as much as one for both. */
const FEWEST = 3;
/** As many sockets at once; turns of a busy thread have 5 to 40. A power of two. */
const SLOTS = 64;
/** Sends, then receives. */
const ENTRIES = 2 * SLOTS;
/** Bytes that go through one slot. */
const ROOM = 4096;

type Enter = (
  number: number,
  ring: number,
  submit: number,
  complete: number,
  flags: number,
  signals: null,
  size: number,
) => number;

type OutgoingBuffer = Buffer & { latin1Write(text: string, at: number, length: number): number };

export class SocketRing {
  /** It does not pay for fewer sockets. */
  readonly fewest: number;
  readonly slots = SLOTS;
  readonly room = ROOM;
  /** What was received, by slot; valid until the next receive is submitted. */
  readonly received: readonly Buffer[];
  readonly #ring: number;
  readonly #enter: Enter;
  readonly #errno: () => number;
  readonly #outgoing: OutgoingBuffer;
  /** The submission entries. */
  readonly #entries: Int32Array;
  /** Both rings. */
  readonly #words: Int32Array;
  readonly #headAt: number;
  readonly #tailAt: number;
  readonly #arrayAt: number;
  readonly #doneHeadAt: number;
  readonly #doneTailAt: number;
  readonly #doneAt: number;
  readonly #doneMask: number;
  /** By entry. */
  readonly #results = new Int32Array(ENTRIES);
  #staged = 0;

  /** For the thread that calls. @returns null where it cannot be done */
  static open(fewest = FEWEST): SocketRing | null {
    const libc = process.platform === 'linux' ? openLibc() : null;
    if (libc === null) return null;
    try {
      return new SocketRing(libc, fewest);
    } catch {
      return null;
    }
  }

  private constructor({ func, koffi, errno }: NativeLibrary, fewest: number) {
    this.fewest = fewest;
    this.#errno = errno;
    const params = new Uint32Array(PARAMS_SIZE);
    params[PARAMS_FLAGS] = SETUP_SINGLE_ISSUER;
    const setUp = func('long syscall(long number, uint32_t entries, uint32_t *params)');
    this.#ring = setUp(SYS_IO_URING_SETUP, ENTRIES, params);
    if (this.#ring < 0) throw new Error('no io_uring');
    closeWithThread(func, koffi, this.#ring);
    if ((params[PARAMS_FEATURES]! & FEATURE_SINGLE_MMAP) === 0) throw new Error('another layout');
    this.#enter = func(
      'long syscall(long number, int ring, uint32_t submit, uint32_t complete, uint32_t flags, void *signals, size_t size)',
    ) as Enter;

    const map = func('void *mmap(void *at, size_t length, int protection, int flags, int fd, long offset)');
    const shared = (words: number, offset: number): Int32Array => {
      const memory = map(null, words * 4, PROT_READ_WRITE, MAP_SHARED_POPULATE, this.#ring, offset);
      if (koffi.address(memory) === MAP_FAILED) throw new Error('no memory');
      return new Int32Array(koffi.view(memory, words * 4));
    };
    const at = (offset: number): number => params[offset]! >> 2;
    const doneEntries = params[PARAMS_CQ_ENTRIES]!;
    this.#headAt = at(PARAMS_SQ + RING_HEAD);
    this.#tailAt = at(PARAMS_SQ + RING_TAIL);
    this.#arrayAt = at(PARAMS_SQ + SQ_ARRAY);
    this.#doneHeadAt = at(PARAMS_CQ + RING_HEAD);
    this.#doneTailAt = at(PARAMS_CQ + RING_TAIL);
    this.#doneAt = at(PARAMS_CQ + CQ_ENTRIES);
    this.#doneMask = doneEntries - 1;
    this.#words = shared(Math.max(this.#arrayAt + ENTRIES, this.#doneAt + doneEntries * CQE_SIZE), 0);
    this.#entries = shared(ENTRIES * SQE_SIZE, OFFSET_SQES);

    const memory = Buffer.allocUnsafeSlow(ENTRIES * ROOM);
    const address = koffi.address(memory);
    this.#outgoing = memory.subarray(0, SLOTS * ROOM) as OutgoingBuffer;
    this.received = Array.from({ length: SLOTS }, (_, slot) =>
      memory.subarray((SLOTS + slot) * ROOM, (SLOTS + slot + 1) * ROOM),
    );
    for (let entry = 0; entry < ENTRIES; entry++) this.#prepare(entry, address + BigInt(entry * ROOM));
  }

  /** Writes what is the same each time. */
  #prepare(entry: number, address: bigint): void {
    const words = this.#entries.subarray(entry * SQE_SIZE, (entry + 1) * SQE_SIZE);
    const isSend = entry < SLOTS;
    words[0] = isSend ? OPCODE_SEND : OPCODE_RECV;
    words[SQE_ADDRESS] = Number(BigInt.asIntN(32, address));
    words[SQE_ADDRESS + 1] = Number(address >> 32n);
    words[SQE_LENGTH] = ROOM;
    words[SQE_FLAGS] = isSend ? MSG_DONTWAIT | MSG_NOSIGNAL : MSG_DONTWAIT;
    words[SQE_USER_DATA] = entry;
  }

  /** @param text latin1, not longer than `room` */
  stageSend(slot: number, fd: number, text: string): void {
    const { length } = text;
    this.#outgoing.latin1Write(text, slot * ROOM, length);
    this.#entries[slot * SQE_SIZE + SQE_FD] = fd;
    this.#entries[slot * SQE_SIZE + SQE_LENGTH] = length;
    this.#stage(slot);
  }

  stageReceive(slot: number, fd: number): void {
    const entry = SLOTS + slot;
    this.#entries[entry * SQE_SIZE + SQE_FD] = fd;
    this.#stage(entry);
  }

  #stage(entry: number): void {
    const at = this.#words[this.#tailAt]! + this.#staged++;
    this.#words[this.#arrayAt + (at & (ENTRIES - 1))] = entry;
    this.#results[entry] = -EIO;
  }

  /** Does what is staged. What the kernel has refused to do has the result -EIO. */
  submit(): void {
    const count = this.#staged;
    if (count === 0) return;
    const words = this.#words;
    this.#staged = 0;
    words[this.#tailAt]! += count;
    const taken = this.#enter(SYS_IO_URING_ENTER, this.#ring, count, 0, 0, null, 0);
    // What it has not looked at is not to be done later.
    if (taken !== count) words[this.#tailAt] = words[this.#headAt]!;
    let left = taken - this.#collect();
    while (left > 0) {
      const status = this.#enter(SYS_IO_URING_ENTER, this.#ring, 0, left, ENTER_GETEVENTS, null, 0);
      if (status < 0 && this.#errno() !== EINTR) throw new Error('io_uring keeps what it was given');
      left -= this.#collect();
    }
  }

  /** @returns how many results there were */
  #collect(): number {
    const words = this.#words;
    const head = words[this.#doneHeadAt]!;
    const count = (words[this.#doneTailAt]! - head) | 0;
    for (let i = 0; i < count; i++) {
      const at = this.#doneAt + ((head + i) & this.#doneMask) * CQE_SIZE;
      this.#results[words[at]!] = words[at + CQE_RESULT]!;
    }
    words[this.#doneHeadAt] = head + count;
    return count;
  }

  /** @returns how many bytes the kernel took, or a negated `errno` */
  sent(slot: number): number {
    return this.#results[slot]!;
  }

  /** @returns how many bytes there are in `received[slot]`, 0 at the end, or a negated `errno` */
  length(slot: number): number {
    return this.#results[SLOTS + slot]!;
  }
}

/** The memory of the two rings (20 KB) stays mapped until the process ends: to unmap it would take a second argument. */
function closeWithThread(func: NativeLibrary['func'], koffi: NativeLibrary['koffi'], fd: number): void {
  const symbol = func('void *dlsym(void *library, const char *name)');
  const addCleanup = func('int napi_add_env_cleanup_hook(void *environment, void *hook, void *argument)');
  if (addCleanup(koffi.node.env, symbol(null, 'close'), BigInt(fd)) !== 0) throw new Error('no hook');
}
