import { randomInt } from 'node:crypto';
import { coarseClock, onTick } from '../shared/coarse-clock.ts';
import type { ControlRequestMessage, ControlResponseMessage } from '../shared/messages.ts';

/** The primary is busy for this long only when something is wrong with it. */
const TIMEOUT_MS = 20_000;
/** Requests of one worker that the primary may have at a time, and that may be sending their bodies. */
const MAX_PENDING = 256;
/** Of all their bodies: they are kept before anybody has looked at who sends them. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

export type ControlAnswer = (response: ControlResponseMessage | null) => void;

interface Question {
  readonly answer: ControlAnswer;
  readonly deadline: number;
}

/** Requests that are for the gateway itself, on their way to the primary and back. */
export class ControlLink {
  readonly #send: (message: ControlRequestMessage) => void;
  readonly #pending = new Map<number, Question>();
  #collecting = 0;
  #heldBytes = 0;
  /** Begins anywhere: an answer to the worker that was here before must not look like one to this. */
  #nextId = randomInt(2 ** 47);

  constructor(send: (message: ControlRequestMessage) => void) {
    this.#send = send;
    onTick((now, missed) => {
      // The answers may be there already, unread.
      if (missed === 0) this.#sweep(now);
    });
  }

  /** @returns false when there are too many already */
  enter(): boolean {
    if (this.#pending.size + this.#collecting >= MAX_PENDING) return false;
    this.#collecting++;
    return true;
  }

  /** Follows `enter`. @param answer is told null when none came @returns for `cancel` */
  ask(request: Omit<ControlRequestMessage, 'type' | 'id'>, answer: ControlAnswer): number {
    this.#collecting--;
    const id = this.#nextId++;
    this.#pending.set(id, { answer, deadline: coarseClock.now + TIMEOUT_MS });
    this.#send({ type: 'control-request', id, ...request });
    return id;
  }

  /** Takes back `enter` when nothing will be asked. */
  leave(): void {
    this.#collecting--;
  }

  /** Room for a part of a body, until `release`. @returns false when there is none */
  hold(bytes: number): boolean {
    if (this.#heldBytes + bytes > MAX_HELD_BYTES) return false;
    this.#heldBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }

  /** Nobody waits for that answer any more. */
  cancel(id: number): void {
    this.#pending.delete(id);
  }

  deliver(response: ControlResponseMessage): void {
    const question = this.#pending.get(response.id);
    if (question === undefined) return;
    this.#pending.delete(response.id);
    question.answer(response);
  }

  #sweep(now: number): void {
    for (const [id, { answer, deadline }] of this.#pending) {
      if (now < deadline) continue;
      this.#pending.delete(id);
      answer(null);
    }
  }
}
