import type { Socket } from 'node:net';
import type { ByteOutput } from '../../../shared/byte-output.ts';
import { coarseClock } from '../../../shared/coarse-clock.ts';
import { readBuffer } from '../../../shared/read-buffer.ts';
import { type Batched, flushAfterTurn } from '../../../shared/write-batch.ts';
import { type Connector, unresolved } from '../connector.ts';
import {
  FAILURE_CONNECT,
  FAILURE_MALFORMED,
  FAILURE_RESET,
  FAILURE_STALE,
  FAILURE_TRUNCATED,
  type UpstreamCall,
} from '../upstream-call.ts';
import { ResponseReader } from './response-reader.ts';
import { type Pipeline, Turn } from './turn.ts';
import { failAll, TurnQueue } from './turn-queue.ts';

/** A call that stops reading holds up the ones behind it once this much is kept for it. */
const KEPT_LIMIT = 64 * 1024;
/** A response nobody wants is read to its end up to this size, so that the connection stays usable. */
const DISCARD_LIMIT = 1024 * 1024;
/** Longest time for which the first call may hold up others, and longest part of the time that one of them has. */
const HOLD_UP_MS = 1000;
const HOLD_UP_SHARE = 1 / 4;
/** The same when it does so by not reading its response. */
const STALL_MS = 200;
/** A connection that closes after fewer responses than this, with requests under way, closes because of pipelining. */
const USUAL_RESPONSES = 100;
/** One that closes after idling for longer does so because it idled. */
const IDLE_MS = 1000;

const STATE_CONNECTING = 0;
const STATE_OPEN = 1;
const STATE_CLOSED = 2;

export interface PipelineOwner {
  /** A response is complete. @param took milliseconds for which it was the first in line */
  answered(took: number): void;
  /** The endpoint is not fit for pipelining. */
  fellBack(): void;
  /** The connection is closed. */
  remove(connection: PipelinedConnection): void;
}

/**
 * One HTTP/1.1 connection to an endpoint that carries several requests at a time (RFC 9112 section 9.3.2). Only for
 * requests that may be sent twice: whatever happens to the connection, calls that have not got any of their response
 * fail as stale and are repeated elsewhere.
 */
export class PipelinedConnection implements Pipeline, Batched {
  readonly address: string;
  readonly #owner: PipelineOwner;
  readonly #socket: Socket;
  readonly #output: ByteOutput;
  readonly #reader = new ResponseReader();
  #state = STATE_CONNECTING;
  readonly #queue = new TurnQueue();
  #unused: Turn | null = null;
  #accepts = true;
  #served = 0;
  #discarded = 0;
  /** `performance.now()` since which the first call is the first. */
  #firstSince = 0;
  /** Value of `#served` at which a sweep found the first call late; -1 for none. */
  #foundLate = -1;
  /** Coarse-clock time since which the socket is paused for the first call, else 0. */
  #stalledSince = 0;
  /** Responses since the connection was idle, and for how long it was. */
  #servedSinceIdle = 0;
  #idledFor = 0;
  #readAt = 0;
  /** Calls that have their turn on this connection. */
  inFlight = 0;
  /** Coarse-clock time since which it is idle. */
  idleSince = coarseClock.now;

  constructor(owner: PipelineOwner, address: string, port: number, connector: Connector) {
    this.#owner = owner;
    this.address = address;
    const onread = {
      buffer: readBuffer,
      callback: (length: number, input: Buffer): boolean => {
        this.#receive(input, length);
        return true;
      },
    };
    const socket =
      address === '' ? unresolved() : connector.connect({ host: address, port, noDelay: true, onread });
    this.#socket = socket;
    socket.on(connector.ready, () => this.#onConnect());
    this.#output = connector.output(socket, () => {});
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: Error) =>
      this.#onClose((error as NodeJS.ErrnoException).code ?? error.message),
    );
    socket.on('close', () => this.#onClose('closed'));
  }

  get connected(): boolean {
    return this.#state !== STATE_CONNECTING;
  }

  /** The endpoint's hint how long the connection may idle, in milliseconds; 0 if unknown (rule C14). */
  get idleHint(): number {
    return this.#reader.head.keepAliveHint;
  }

  /** How long the first call has been the first, in milliseconds. */
  heldUpFor(now: number): number {
    return now - this.#firstSince;
  }

  /** Whether another call may take a turn. */
  get accepts(): boolean {
    return this.#accepts && this.#stalledSince === 0;
  }

  // --- requests ----------------------------------------------------------------------------------------------------

  reserve(call: UpstreamCall, patience: number, now: number): Turn {
    if (this.inFlight++ === 0) {
      this.#firstSince = now;
      this.#servedSinceIdle = 0;
      this.#idledFor = now - this.idleSince;
    }
    const unused = this.#unused;
    if (unused === null) return new Turn(this).begin(call, patience);
    this.#unused = unused.next;
    return unused.begin(call, patience);
  }

  send(turn: Turn, text: string): void {
    if (this.#queue.push(turn, text) && this.#state === STATE_OPEN) flushAfterTurn(this);
  }

  flush(): void {
    if (this.#state !== STATE_OPEN) return;
    const text = this.#queue.takeUnsent();
    if (text !== '') this.#output.writeText(text);
  }

  #onConnect(): void {
    this.#state = STATE_OPEN;
    this.#firstSince = performance.now();
    this.flush();
    for (let turn = this.#queue.first; turn !== null; turn = turn.next) turn.call?.onConnected();
  }

  // --- responses ---------------------------------------------------------------------------------------------------

  #receive(input: Buffer, length: number): void {
    this.#readAt = performance.now();
    const reader = this.#reader;
    const queue = this.#queue;
    let at = 0;
    while (at < length) {
      const turn = queue.first;
      // What answers no request that has left may belong to an earlier one: then whose were the others?
      if (turn === null || queue.unsentCount === this.inFlight) {
        this.#owner.fellBack();
        this.#break(FAILURE_STALE, 'unsolicited response');
        return;
      }
      const from = at;
      at = reader.read(turn, input, at, length);
      if (reader.problem !== '') this.#onMalformed(reader.problem);
      if (this.#state === STATE_CLOSED) return;
      if (reader.inBody && !reader.head.keepAlive && (this.#accepts || turn.next !== null))
        this.#onLastResponse(turn);
      if (reader.complete) this.#finish();
      else if (turn.call === null) this.#discard(at - from);
      else if (turn.kept > KEPT_LIMIT) this.#stall();
      if (this.#state === STATE_CLOSED) return;
    }
    queue.first?.call?.onReadEnd();
  }

  /** The first call has its response. */
  #finish(): void {
    const reader = this.#reader;
    const turn = this.#queue.shift();
    const { trailers } = reader;
    this.#served++;
    this.#servedSinceIdle++;
    this.#discarded = 0;
    this.#owner.answered(this.#readAt - this.#firstSince);
    this.#firstSince = this.#readAt;
    reader.next();
    this.#unstall();
    if (--this.inFlight === 0) {
      this.idleSince = coarseClock.now;
      if (!this.#accepts) this.#leave();
    }
    turn.end(trailers);
  }

  /** The endpoint says that it will answer nothing after this (RFC 9112 section 9.6). */
  #onLastResponse(turn: Turn): void {
    if (turn.next !== null && this.#served < USUAL_RESPONSES) this.#owner.fellBack();
    this.#moveFollowers('the endpoint closes the connection');
  }

  /**
   * Bytes that are no response may be the rest of an earlier one with a wrong length, so a call that has got nothing yet
   * is not to blame.
   */
  #onMalformed(problem: string): void {
    this.#owner.fellBack();
    this.#break(this.#reader.inBody ? FAILURE_MALFORMED : FAILURE_STALE, problem);
  }

  #discard(bytes: number): void {
    this.#discarded += bytes;
    if (this.#discarded + this.#reader.remaining > DISCARD_LIMIT)
      this.#break(FAILURE_STALE, 'a large response that nobody wants');
  }

  #stall(): void {
    if (this.#stalledSince !== 0) return;
    this.#stalledSince = coarseClock.now;
    this.#socket.pause();
  }

  #unstall(): void {
    if (this.#stalledSince === 0) return;
    this.#stalledSince = 0;
    this.#firstSince = performance.now();
    this.#socket.resume();
  }

  // --- calls that go away, or hold up others -----------------------------------------------------------------------

  onCaughtUp(turn: Turn): void {
    if (turn === this.#queue.first) this.#unstall();
  }

  withdraw(turn: Turn): void {
    this.recycle(turn);
    if (--this.inFlight > 0) return;
    this.idleSince = coarseClock.now;
    if (!this.#accepts) this.#leave();
  }

  recycle(turn: Turn): void {
    turn.next = this.#unused;
    this.#unused = turn;
  }

  onAbandoned(turn: Turn, late: boolean): void {
    if (this.#state !== STATE_OPEN) {
      if (this.#state === STATE_CONNECTING && this.#queue.forsaken) this.#leave();
    } else if (turn === this.#queue.first) {
      if (late) this.#breakUp('the request before it got no response in time');
      else if (this.#reader.remaining > DISCARD_LIMIT) this.#discard(0);
      else this.#unstall();
    }
  }

  /** From the sweep: nobody shall wait long for somebody else. @param now coarse clock */
  check(now: number): void {
    const { first } = this.#queue;
    if (first === null || this.#state !== STATE_OPEN) return;
    if (this.#stalledSince !== 0) {
      if (now - this.#stalledSince >= STALL_MS) this.#moveFollowers('held up by a client that does not read');
      return;
    }
    if ((first.call !== null && first.next === null) || now - this.#firstSince < holdUpLimit(first)) return;
    // Only if it is still so at the next sweep: this thread itself may have been busy for a second.
    if (this.#foundLate !== this.#served) {
      this.#foundLate = this.#served;
    } else if (first.call === null) {
      this.#breakUp('held up by a response that nobody wants');
    } else {
      this.#owner.fellBack();
      this.#moveFollowers('held up by the response before it');
    }
  }

  /** Everybody behind the first call goes elsewhere. The connection closes after the first response. */
  #moveFollowers(detail: string): void {
    this.#accepts = false;
    this.inFlight = 1;
    failAll(this.#queue.takeFollowers(), FAILURE_STALE, FAILURE_STALE, detail);
  }

  #breakUp(detail: string): void {
    if (this.#queue.first!.next !== null) this.#owner.fellBack();
    this.#break(FAILURE_STALE, detail);
  }

  // --- end ---------------------------------------------------------------------------------------------------------

  /** Takes no more calls, and closes when those it has are done. */
  retire(): void {
    this.#accepts = false;
    if (this.inFlight === 0) this.#leave();
  }

  #leave(): void {
    this.#socket.destroy();
    if (this.#state === STATE_CLOSED) return;
    this.#state = STATE_CLOSED;
    this.#accepts = false;
    this.#owner.remove(this);
  }

  /** Closes the connection. @param failure that of the first call; the others have lost nothing */
  #break(failure: number, detail: string, others = FAILURE_STALE): void {
    const turns = this.#queue.takeAll();
    this.#leave();
    failAll(turns, failure, others, detail);
  }

  #onEnd(): void {
    if (this.#queue.first !== null && this.#reader.untilClose) {
      this.#readAt = performance.now();
      this.#finish();
    }
    this.#onClose('closed by the endpoint');
  }

  #onClose(detail: string): void {
    const { first } = this.#queue;
    if (this.#state === STATE_CLOSED || first === null) this.#leave();
    else if (this.#state === STATE_CONNECTING) this.#break(FAILURE_CONNECT, detail, FAILURE_CONNECT);
    else this.#break(this.#closeFailure(first), detail);
  }

  /** What the close means for the first call; nothing is known against the endpoint when it was not alone. */
  #closeFailure(first: Turn): number {
    const { inBody, partial } = this.#reader;
    const idled = this.#served > 0 && this.#servedSinceIdle === 0 && this.#idledFor >= IDLE_MS;
    if (first.next !== null && this.#served < USUAL_RESPONSES && !idled) this.#owner.fellBack();
    if (inBody) return FAILURE_TRUNCATED;
    return first.next !== null || (this.#served > 0 && partial === '') ? FAILURE_STALE : FAILURE_RESET;
  }
}

/** Milliseconds for which the first call may hold up the ones behind it, so that they have time left to go elsewhere. */
function holdUpLimit(first: Turn): number {
  let limit = HOLD_UP_MS;
  for (let turn = first.next; turn !== null; turn = turn.next)
    limit = Math.min(limit, turn.patience * HOLD_UP_SHARE);
  return limit;
}
