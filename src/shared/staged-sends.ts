/**
 * What many sockets send at the end of a turn goes to the kernel in one call, where there is a ring: see
 * `native-bindings/socket-ring.ts`.
 */

/** The kernel's side, by slots. */
export interface SendRing {
  /** For fewer sockets it costs more than it saves. */
  readonly fewest: number;
  /** As many sends at once. */
  readonly slots: number;
  /** As many bytes in each. */
  readonly room: number;
  /** @param text latin1 */
  stageSend(slot: number, fd: number, text: string): void;
  submit(): void;
  /** @returns how many bytes the kernel took, or a negated number of an error */
  sent(slot: number): number;
}

/** Who has staged something. */
export interface Sender {
  /** @param sent how many bytes the kernel took, or a negated number of an error */
  settle(sent: number): void;
}

let ring: SendRing | null = null;
let collecting = false;
let count = 0;
const senders: Sender[] = [];

/** Called once per thread, before it has sockets. */
export function sendThrough(ready: SendRing | null): void {
  ring = ready;
}

/** From now on sends may be staged, until `sendStaged`. @param expected how many there may be */
export function collectSends(expected: number): void {
  collecting = ring !== null && expected >= ring.fewest;
}

/**
 * The text is sent, and `sender` told, by the next `sendStaged`. Until then nothing else may be written to the socket.
 *
 * @param text latin1
 * @returns false: it has to be sent now
 */
export function stageSend(sender: Sender, fd: number, text: string): boolean {
  if (!collecting || !(fd >= 0) || text.length > ring!.room) return false;
  if (count === ring!.slots) sendStaged();
  ring!.stageSend(count, fd, text);
  senders[count++] = sender;
  collecting = true;
  return true;
}

export function sendStaged(): void {
  collecting = false;
  if (count === 0) return;
  const sends = count;
  count = 0;
  ring!.submit();
  for (let slot = 0; slot < sends; slot++) senders[slot]!.settle(ring!.sent(slot));
}
