/**
 * Lets several threads listen on one port: the kernel spreads new connections over all sockets that were bound with
 * SO_REUSEPORT. Node has an option for it from 22.12 on; before that the socket is made here, through libc, and handed
 * to `server.listen` as a descriptor.
 */
import { isIP } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { parseAddress } from './address.ts';
import { openLibc } from './libc.ts';
import { ListenError, listenError } from './listen-error.ts';

/** What `net.Server.listen` takes. */
export type SharedListenOptions =
  | { readonly fd: number }
  | { readonly host: string; readonly port: number; readonly reusePort?: true };

// The values of Linux on every architecture that Node has builds for (asm-generic); other systems do not come here.
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

/** Systems where the kernel balances between the sockets; macOS has the option but gives all to the last one. */
const BALANCING = new Set<NodeJS.Platform>(['linux', 'freebsd', 'sunos', 'aix']);

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  close(fd: number): number;
  /** `errno` of the last call of this thread. */
  errno(): number;
}

/**
 * What to pass to `server.listen` so that every worker of the gateway can listen on the same port.
 *
 * @param host IP literal; names are resolved by the primary before workers start
 * @param port 0 takes a free one, which then cannot be shared
 * @param shared false: an exclusive socket, for a gateway with one worker
 * @throws ListenError with advice when the socket cannot be made (before Node 22.12 it is bound here; later Node
 *   reports the same through the server's `error` event, see `listenError`)
 */
export function listenOptions(host: string, port: number, shared = true): SharedListenOptions {
  if (!shared || !canShareListener()) return { host, port };
  if (nodeSharesPorts()) return { host, port, reusePort: true };
  return { fd: listenDescriptor(host, port) };
}

/** Whether several threads can listen on one port here. */
export function canShareListener(): boolean {
  if (!BALANCING.has(process.platform)) return false;
  return nodeSharesPorts() || (process.platform === 'linux' && loadLibc() !== null);
}

/**
 * A bound, not yet listening TCP socket with SO_REUSEADDR and SO_REUSEPORT, non-blocking and closed on exec. An IPv6
 * wildcard also takes IPv4 connections. Linux only. The caller owns the descriptor.
 *
 * @throws ListenError
 */
export function listenDescriptor(host: string, port: number): number {
  const libc = loadLibc();
  if (libc === null)
    throw new ListenError('ENOSYS', host, port, 'the native module koffi could not be loaded');
  const version = isIP(host);
  if (version === 0) throw new ListenError('EINVAL', host, port, `"${host}" is no IP address`);
  const family = version === 6 ? AF_INET6 : AF_INET;
  const fd = libc.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw listenError(errnoName(libc), host, port);
  const address = socketAddress(family, host, port);
  const ready =
    setFlag(libc, fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
    setFlag(libc, fd, SOL_SOCKET, SO_REUSEPORT, 1) &&
    (version === 4 || setFlag(libc, fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
    libc.bind(fd, address, address.length) === 0;
  if (ready) return fd;
  const code = errnoName(libc);
  libc.close(fd);
  throw listenError(code, host, port);
}

function setFlag(libc: Libc, fd: number, level: number, option: number, on: 0 | 1): boolean {
  const value = new Uint8Array(new Int32Array([on]).buffer);
  return libc.setsockopt(fd, level, option, value, value.length) === 0;
}

/** `struct sockaddr_in` or `sockaddr_in6`: family in host order, port and address in network order. */
function socketAddress(family: number, host: string, port: number): Uint8Array {
  const ip = parseAddress(host);
  const bytes = new Uint8Array(family === AF_INET6 ? 28 : 16);
  const view = new DataView(bytes.buffer);
  const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  view.setUint16(0, family, littleEndian);
  view.setUint16(2, port);
  bytes.set(ip, family === AF_INET6 ? 8 : 4);
  return bytes;
}

function nodeSharesPorts(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

function errnoName(libc: Libc): string {
  return getSystemErrorName(-libc.errno());
}

let cachedLibc: Libc | null | undefined;

function loadLibc(): Libc | null {
  if (cachedLibc !== undefined) return cachedLibc;
  const libc = openLibc();
  cachedLibc =
    libc === null
      ? null
      : {
          socket: libc.func('int socket(int domain, int type, int protocol)'),
          setsockopt: libc.func(
            'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
          ),
          bind: libc.func('int bind(int fd, const void *address, uint32_t length)'),
          close: libc.func('int close(int fd)'),
          errno: () => libc.errno(),
        };
  return cachedLibc;
}
