/**
 * The end of the process that waits for nobody. `process.exit` joins all threads, and one that sits in a system call or in a
 * native module (a plugin that reads a pipe to which nobody writes) may never come back to be joined.
 */
import { openLibc } from './libc.ts';

/** Ends the process at once, without `exit` events. Without koffi the exit code gets lost: it is killed then (137). */
export function exitNow(code: number): never {
  openLibc()?.func('void _exit(int status)')(code);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('the process cannot end itself');
}
