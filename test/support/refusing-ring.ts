import type { SocketRing } from '../../src/shared/direct-sockets.ts';

const EIO = 5;
const SLOTS = 64;
const ROOM = 4096;

/** What is left of a ring when the kernel refuses all that it is given. */
export const REFUSING_RING: SocketRing = {
  fewest: 1,
  slots: SLOTS,
  room: ROOM,
  received: Array.from({ length: SLOTS }, () => Buffer.alloc(ROOM)),
  stageSend: () => {},
  stageReceive: () => {},
  submit: () => {},
  sent: () => -EIO,
  length: () => -EIO,
};
