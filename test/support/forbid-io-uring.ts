/** For `node --import`: from then on the kernel refuses this process io_uring, as Docker lets it do (seccomp). */
import koffi from 'koffi';

const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2;
const SYS_IO_URING_SETUP = 425;
const EPERM = 1;

const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const RET_ERRNO = 0x0005_0000;
const RET_ALLOW = 0x7fff_0000;

/** `struct sock_filter` after `struct sock_filter`: what to do, how far to jump if so and if not, and with what. */
const PROGRAM = [
  [LOAD_WORD, 0, 0, 0],
  [JUMP_IF_EQUAL, 0, 1, SYS_IO_URING_SETUP],
  [RETURN, 0, 0, RET_ERRNO | EPERM],
  [RETURN, 0, 0, RET_ALLOW],
] as const;

const program = Buffer.allocUnsafeSlow(PROGRAM.length * 8);
PROGRAM.forEach(([code, ifTrue, ifFalse, value], at) => {
  program.writeUInt16LE(code, at * 8);
  program.writeUInt8(ifTrue, at * 8 + 2);
  program.writeUInt8(ifFalse, at * 8 + 3);
  program.writeUInt32LE(value, at * 8 + 4);
});
const described = Buffer.alloc(16);
described.writeUInt16LE(PROGRAM.length, 0);
described.writeBigUInt64LE(koffi.address(program), 8);

const control = koffi
  .load(null)
  .func('int prctl(int option, uint64_t a, uint64_t b, uint64_t c, uint64_t d)');
if (control(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) throw new Error('no_new_privs is refused');
if (control(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, koffi.address(described), 0, 0) !== 0)
  throw new Error('the filter is refused');
