/** Which cores a thread may run on: `sched_setaffinity` of Linux, through libc. */
import { getSystemErrorName } from 'node:util';
import { openLibc } from './libc.ts';
import { NativeModuleError } from './native-module-error.ts';

/** `sizeof(cpu_set_t)`: 1,024 cores. */
const SET_BYTES = 128;
/** Instead of a thread id: the one that calls. */
const THIS_THREAD = 0;

interface Calls {
  get(thread: number, length: number, set: Uint8Array): number;
  set(thread: number, length: number, set: Uint8Array): number;
  errno(): number;
}

/**
 * The cores that the calling thread may run on, in ascending order.
 *
 * @throws NativeModuleError when this system cannot tell
 */
export function threadCores(): number[] {
  const calls = loadCalls();
  const set = new Uint8Array(SET_BYTES);
  if (calls.get(THIS_THREAD, SET_BYTES, set) !== 0) throw failure('sched_getaffinity', calls);
  const cores: number[] = [];
  for (let core = 0; core < SET_BYTES * 8; core++)
    if ((set[core >> 3]! & (1 << (core & 7))) !== 0) cores.push(core);
  return cores;
}

/**
 * Keeps the calling thread, and threads that it starts from now on, on one core.
 *
 * @throws NativeModuleError when this system cannot do it, or the process may not use that core
 */
export function pinThread(core: number): void {
  const calls = loadCalls();
  const set = new Uint8Array(SET_BYTES);
  set[core >> 3] = 1 << (core & 7);
  if (calls.set(THIS_THREAD, SET_BYTES, set) !== 0) throw failure('sched_setaffinity', calls);
}

function failure(call: string, calls: Calls): NativeModuleError {
  return new NativeModuleError(`${call} failed: ${getSystemErrorName(-calls.errno())}`);
}

let cached: Calls | undefined;

function loadCalls(): Calls {
  if (cached !== undefined) return cached;
  if (process.platform !== 'linux')
    throw new NativeModuleError('threads can be pinned to cores on Linux only');
  const libc = openLibc();
  if (libc === null) throw new NativeModuleError('the native module koffi could not be loaded');
  cached = {
    get: libc.func('int sched_getaffinity(int pid, size_t length, _Out_ uint8_t *set)'),
    set: libc.func('int sched_setaffinity(int pid, size_t length, const uint8_t *set)'),
    errno: () => libc.errno(),
  };
  return cached;
}
