/**
 * Reads from sockets and writes to them past libuv and the streams of Node, which spend more on each single read than the
 * kernel does. Which sockets have something to read is asked once per turn of the event loop.
 *
 * An epoll instance of its own holds the sockets; libuv watches that instance as it would watch one socket. The `node`
 * binary exports what this takes: libuv, and the functions of Node-API for add-ons.
 */
import { type NativeLibrary, openLibc } from './libc.ts';

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLL_CLOEXEC = 0o2000000;
const EPOLLIN = 1;
const EPOLLERR = 8;
const EPOLLHUP = 0x10;
const EPOLLRDHUP = 0x2000;
/** Told once for all that arrives until the next look. Else the kernel asks each socket that was read once more. */
const EPOLLET = 1 << 31;
const WATCHED = EPOLLIN | EPOLLRDHUP | EPOLLET;
const ENDED = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
const UV_READABLE = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** Where structures are laid out as below. */
const KNOWN: ReadonlySet<string> = new Set(['x64', 'arm64']);

/** As many are told in one turn; the others come in the next. */
const MOST_EVENTS = 1024;
/** `struct epoll_event` is packed on x64 only. In units of 4 bytes. */
const EVENT_SIZE = process.arch === 'x64' ? 3 : 4;
const EVENT_DATA = process.arch === 'x64' ? 1 : 2;

/** Of `uv_poll_t`, with room to grow: it takes 160. */
const HANDLE_BYTES = 512;
/** Where `uv_handle_t` has its flags; libuv keeps this layout within its first major version. */
const HANDLE_FLAGS_AT = 88;
const UV_HANDLE_REF = 0x8;
/** libuv ends a loop without waiting for handles that are its own. */
const UV_HANDLE_INTERNAL = 0x10;

interface Calls {
  control(epoll: number, operation: number, fd: number, event: Int32Array): number;
  wait(epoll: number, events: Int32Array, most: number, milliseconds: number): number;
  receive(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  send(fd: number, buffer: Uint8Array, length: number, flags: number): number;
}

export class DirectSockets {
  readonly #epoll: number;
  readonly #calls: Calls;
  readonly #hold: Hold;
  readonly #errno: () => number;
  readonly #event = new Int32Array(EVENT_SIZE);
  #watched = 0;
  readonly #events = new Int32Array(MOST_EVENTS * EVENT_SIZE);

  /**
   * For the thread that calls, which it keeps alive while sockets are watched.
   *
   * @param onReadable some of the watched sockets have something to read. What it throws is an uncaught exception.
   * @returns null when this system or this build of Node cannot do it
   */
  static open(onReadable: () => void): DirectSockets | null {
    if (process.platform !== 'linux' || !KNOWN.has(process.arch)) return null;
    const libc = openLibc();
    if (libc === null) return null;
    try {
      return new DirectSockets(libc, onReadable);
    } catch {
      return null;
    }
  }

  private constructor(libc: NativeLibrary, onReadable: () => void) {
    this.#calls = {
      control: libc.func('int epoll_ctl(int epoll, int operation, int fd, int32_t *event)'),
      wait: libc.func('int epoll_wait(int epoll, int32_t *events, int most, int milliseconds)'),
      receive: libc.func('long recv(int fd, uint8_t *buffer, size_t length, int flags)'),
      send: libc.func('long send(int fd, const uint8_t *buffer, size_t length, int flags)'),
    };
    this.#errno = libc.errno;
    this.#epoll = libc.func('int epoll_create1(int flags)')(EPOLL_CLOEXEC);
    if (this.#epoll < 0) throw new Error('no epoll instance');
    this.#hold = watchFromLoop(libc, this.#epoll, onReadable);
  }

  /** @returns false when the kernel refuses: out of memory, or of `max_user_watches` */
  watch(fd: number): boolean {
    if (!this.#control(EPOLL_CTL_ADD, fd)) return false;
    if (this.#watched++ === 0) this.#hold.keep();
    return true;
  }

  /** `fd` is watched, and not all was read: tell of it again. */
  again(fd: number): void {
    this.#control(EPOLL_CTL_MOD, fd);
  }

  /** `fd` is watched. Call before it is closed. */
  unwatch(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd);
    if (--this.#watched === 0) this.#hold.release();
  }

  #control(operation: number, fd: number): boolean {
    this.#event[0] = WATCHED;
    this.#event[EVENT_DATA] = fd;
    return this.#calls.control(this.#epoll, operation, fd, this.#event) === 0;
  }

  /** Looks, without waiting. @returns for how many sockets `readyAt` tells something until the next look */
  look(): number {
    return this.#calls.wait(this.#epoll, this.#events, MOST_EVENTS, 0);
  }

  /**
   * The descriptor of the socket `index`: it can be read, or has ended or failed, which reading shows. What is there must
   * be read to the end, or `again` be called: it is told but once.
   */
  readyAt(index: number): number {
    return this.#events[index * EVENT_SIZE + EVENT_DATA]!;
  }

  /** Behind what can be read of the socket `index` there is its end, or an error. */
  endedAt(index: number): boolean {
    return (this.#events[index * EVENT_SIZE]! & ENDED) !== 0;
  }

  /** @returns how many bytes were read, 0 at the end, or a negated `errno` */
  receive(fd: number, buffer: Uint8Array): number {
    const length = this.#calls.receive(fd, buffer, buffer.length, MSG_DONTWAIT);
    return length < 0 ? -this.#errno() : length;
  }

  /** @returns how many of the first `length` bytes the kernel took at once, or a negated `errno` */
  send(fd: number, buffer: Uint8Array, length: number): number {
    const sent = this.#calls.send(fd, buffer, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -this.#errno() : sent;
  }
}

/** Whether the thread goes on when nothing else keeps it. */
interface Hold {
  keep(): void;
  release(): void;
}

let callbackType: unknown;

function watchFromLoop({ func, koffi }: NativeLibrary, epoll: number, onReadable: () => void): Hold {
  const environment = koffi.node.env;
  const found: unknown[] = [null];
  func('int napi_get_uv_event_loop(void *environment, _Out_ void **loop)')(environment, found);
  const handle = func('void *calloc(size_t count, size_t bytes)')(1, HANDLE_BYTES);
  check(func('int uv_poll_init(void *loop, void *handle, int fd)')(found[0], handle, epoll));
  const flags = new Uint32Array(koffi.view(handle, HANDLE_BYTES), HANDLE_FLAGS_AT, 1);
  if (flags[0] !== UV_HANDLE_REF) {
    func('void uv_close(void *handle, void *done)')(handle, null);
    throw new Error('libuv has another layout');
  }
  const ref = func('void uv_ref(void *handle)');
  const unref = func('void uv_unref(void *handle)');
  unref(handle);
  // A thread that is terminated runs no more JavaScript, so nobody could close the handle. It is stopped natively, and
  // libuv is told not to wait for it: it aborts the process when it finds a handle that is not closed.
  flags[0] |= UV_HANDLE_INTERNAL;
  const symbol = func('void *dlsym(void *library, const char *name)');
  const addCleanup = func('int napi_add_env_cleanup_hook(void *environment, void *hook, void *argument)');
  check(addCleanup(environment, symbol(null, 'close'), BigInt(epoll)));
  check(addCleanup(environment, symbol(null, 'uv_poll_stop'), handle));
  callbackType ??= koffi.pointer(koffi.proto('void OctopusReadable(void *handle, int status, int events)'));
  const callback = koffi.register(inTurn(onReadable), callbackType as ReturnType<typeof koffi.pointer>);
  check(func('int uv_poll_start(void *handle, int events, void *callback)')(handle, UV_READABLE, callback));
  return { keep: () => ref(handle), release: () => unref(handle) };
}

function check(status: number): void {
  if (status !== 0) throw new Error(`status ${status}`);
}

/** What Node does around callbacks of its own: promises and ticks have their turn, and what is thrown is not lost. */
function inTurn(callback: () => void): () => void {
  const { _tickCallback: runTicks } = process as unknown as { _tickCallback?: () => void };
  if (typeof runTicks !== 'function') throw new Error('this Node.js has no way to run ticks');
  return () => {
    try {
      callback();
      runTicks();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  };
}
