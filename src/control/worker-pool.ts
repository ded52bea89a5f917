/**
 * Starts the worker threads, keeps them alive and moves them together from one generation to the next. Every worker
 * serves the same generation, except for the instant in which they swap.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { SharedMemory } from '../shared/memory.ts';
import type {
  AddressBook,
  ControlResponseMessage,
  EngineName,
  FromWorker,
  Generation,
} from '../shared/messages.ts';
import type { ControlLog } from './log.ts';
import { Restarts } from './restarts.ts';
import { type WorkerExit, WorkerThread } from './worker-thread.ts';

export interface WorkerPoolOptions {
  /** The compiled thread entry. */
  readonly entry: URL;
  readonly count: number;
  readonly engine: EngineName;
  /** Default: false. */
  readonly pinCpus?: boolean;
  readonly directSockets?: boolean;
  readonly ioUring?: boolean;
  readonly host: string;
  readonly port: number;
  /** 0 when TLS is off. */
  readonly tlsPort: number;
  readonly memory: SharedMemory;
  readonly log: ControlLog;
  readonly timeouts?: PoolTimeouts;
  onMessage(worker: number, message: FromWorker): void;
  /** The thread is gone and its successor not yet there: the time to clear what it left in shared memory. */
  onDeath(worker: number): void;
  /** A successor is being started. */
  onRestart(worker: number): void;
  /** The thread hangs and cannot be ended alone: its share of new connections gets no answer until the process ends. */
  onStuck(worker: number): void;
}

/** `retry`: the reason lies in a worker's death and not for sure in the generation, a second try may succeed. */
export type ApplyOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly retry: boolean };

/** Milliseconds that a worker is given before it counts as hanging. */
export interface PoolTimeouts {
  readonly start: number;
  /** Plugins may do real work when they load. */
  readonly prepare: number;
  /** A swap is one assignment. */
  readonly commit: number;
}

const TIMEOUTS: PoolTimeouts = { start: 30_000, prepare: 15_000, commit: 5_000 };
const DRAIN_GRACE = 1_000;
/** A worker that does not even answer this is stuck; the others shall not wait for it. */
const STOP_LISTENING_PATIENCE = 500;
/** For the end of a thread that hangs: a loop is left at once, a system call or a native module not before it returns. */
const KILL_PATIENCE = 1_000;

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #timeouts: PoolTimeouts;
  readonly #workers: (WorkerThread | null)[];
  readonly #restarts: Restarts;
  /** Workers that hang and are being ended. */
  readonly #ending = new Set<Promise<void>>();
  #generation: Generation | null = null;
  #phase: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#timeouts = options.timeouts ?? TIMEOUTS;
    this.#workers = new Array(options.count).fill(null);
    this.#restarts = new Restarts(options.count, (index) => void this.#restart(index, this.#generation!));
  }

  /** @returns '' once all workers serve the generation, else why one of them cannot; then none is left */
  async start(generation: Generation): Promise<string> {
    this.#generation = generation;
    const started = Array.from({ length: this.#options.count }, (_, index) => this.#spawn(index, generation));
    const reasons = await Promise.all(started.map((worker) => worker.untilReady(this.#timeouts.start)));
    let reason = reasons.find((text) => text !== '') ?? '';
    if (reason === '' && this.ready < this.count) reason = 'a worker died right after its start';
    if (reason === '') this.#phase = 'serving';
    else this.stop();
    return reason;
  }

  /**
   * Brings all workers to a new generation, or leaves all of them on the old one. Not to be called again before it is
   * done.
   */
  async apply(generation: Generation): Promise<ApplyOutcome> {
    await Promise.all(this.#ending);
    if (this.#live().length === 0) await this.#restartNow(this.#generation!);
    // One that starts right now has the old generation in hand; let it finish, then it is asked like the others.
    await Promise.all(this.#live().map((worker) => worker.untilReady(this.#timeouts.start)));
    const workers = this.#live();
    if (workers.length === 0) return this.#applyByRestart(generation);
    const reasons = await Promise.all(
      workers.map((worker) => worker.prepare(generation, this.#timeouts.prepare)),
    );
    const reason = reasons.find((text) => text !== '');
    const died = workers.some((worker) => worker.state !== 'ready');
    if (reason !== undefined || died) {
      for (const worker of this.#live()) worker.post({ type: 'abort', version: generation.version });
      // What made a worker hang would do so again.
      const retry = workers.some(({ state, hungOn }) => state !== 'ready' && hungOn !== generation.version);
      return { ok: false, reason: reason ?? 'a worker died during the reload', retry };
    }
    this.#generation = generation;
    const done = await Promise.all(
      workers.map((worker) => worker.commit(generation.version, this.#timeouts.commit)),
    );
    // The successor of a dead one starts with the new generation; one that hangs becomes a dead one.
    workers.forEach((worker, at) => {
      if (done[at] !== true) worker.terminate();
    });
    // Others were started meanwhile, with the old one.
    const late = this.#live().filter((worker) => !workers.includes(worker));
    await Promise.all(late.map((worker) => this.#catchUp(worker, generation)));
    return { ok: true };
  }

  /**
   * Ends a worker whose event loop does not turn, so that a successor takes its place. Does nothing when it is about to
   * end already.
   *
   * @param silence milliseconds that it has hung
   */
  replaceHung(index: number, silence: number): void {
    const worker = this.#workers[index];
    if (worker?.state !== 'ready') return;
    const ending = this.#end(worker, silence).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  isServing(index: number): boolean {
    return this.#workers[index]?.state === 'ready';
  }

  /** Answers a worker; one that is gone meanwhile needs no answer, and its successor knows of none. */
  answer(worker: number, response: ControlResponseMessage): void {
    const thread = this.#workers[worker];
    if (thread?.state === 'ready') thread.post(response);
  }

  /** Newly resolved names, for the workers and for their successors. */
  setAddresses(addresses: AddressBook): void {
    if (this.#generation !== null) this.#generation = { ...this.#generation, addresses };
    for (const worker of this.#live()) worker.post({ type: 'addresses', addresses });
  }

  /** For the workers and for their successors. */
  setTicketKeys(keys: Uint8Array): void {
    if (this.#generation !== null) this.#generation = { ...this.#generation, ticketKeys: keys };
    for (const worker of this.#live()) worker.post({ type: 'ticket-keys', keys });
  }

  /** Asks all workers to finish and ends them. @returns true if none had to cut anything at `deadline` milliseconds from now */
  async drain(deadline: number): Promise<boolean> {
    this.#phase = 'stopping';
    const until = performance.now() + deadline;
    // All of them first. Connections that close make clients come back, to workers that still listen: there they would wait
    // in a queue that the kernel resets when that worker stops to listen.
    await Promise.all(this.#live().map((worker) => worker.stopListening(STOP_LISTENING_PATIENCE)));
    const left = Math.max(0, Math.round(until - performance.now()));
    const cut = await Promise.all(this.#live().map((worker) => worker.drain(left, DRAIN_GRACE)));
    this.stop();
    return cut.every((connections) => connections === 0);
  }

  /** Ends all threads at once. */
  stop(): void {
    this.#phase = 'stopping';
    this.#restarts.take();
    for (const worker of this.#workers) if (worker !== null && worker.state !== 'dead') worker.terminate();
  }

  /** After `stop` or `drain`. @returns false when a thread is still there after `patience` milliseconds */
  ended(patience: number): Promise<boolean> {
    const all = Promise.all(this.#workers.map((worker) => worker?.gone)).then(() => true);
    return Promise.race([all, delay(patience, false, { ref: false })]);
  }

  /** How many workers serve. */
  get ready(): number {
    return this.#live().filter((worker) => worker.state === 'ready').length;
  }

  get count(): number {
    return this.#options.count;
  }

  /** The port that the workers listen on. */
  get port(): number {
    return this.#live().find((worker) => worker.port !== 0)?.port ?? this.#options.port;
  }

  #live(): WorkerThread[] {
    return this.#workers.filter(
      (worker) => worker?.state === 'starting' || worker?.state === 'ready',
    ) as WorkerThread[];
  }

  /** No worker can serve the generation in force, so that none is there to be asked about the new one: it is tried out. */
  async #applyByRestart(generation: Generation): Promise<ApplyOutcome> {
    const reasons = await this.#restartNow(generation);
    if (reasons.length === 0) return { ok: false, reason: 'no worker is there', retry: true };
    const reason = reasons.find((text) => text !== '');
    if (reason === undefined) {
      this.#generation = generation;
      return { ok: true };
    }
    for (const worker of this.#live()) if (worker.version === generation.version) worker.terminate();
    return { ok: false, reason, retry: false };
  }

  async #catchUp(worker: WorkerThread, generation: Generation): Promise<void> {
    if ((await worker.untilReady(this.#timeouts.start)) !== '') return;
    const isPrepared = (await worker.prepare(generation, this.#timeouts.prepare)) === '';
    if (isPrepared && (await worker.commit(generation.version, this.#timeouts.commit))) return;
    worker.terminate();
  }

  async #end(worker: WorkerThread, silence: number): Promise<void> {
    const { log, onStuck } = this.#options;
    const { index } = worker;
    const at = await worker.hang();
    log.error('worker hangs', { worker: index, silent_ms: silence, at });
    if (!(await worker.kill(KILL_PATIENCE))) onStuck(index);
  }

  #spawn(index: number, generation: Generation): WorkerThread {
    const { entry, count, memory, onMessage } = this.#options;
    const { pinCpus = false, directSockets = false, ioUring = false } = this.#options;
    const { engine, host, port, tlsPort } = this.#options;
    const listen = { engine, host, port, tlsPort };
    const thread = { workerIndex: index, workerCount: count, pinCpus, directSockets, ioUring };
    const init = { ...thread, ...listen, memory, generation };
    const worker = new WorkerThread(entry, init, {
      message: (_, message) => onMessage(index, message),
      exit: (dead, exit) => this.#died(dead, exit),
    });
    this.#workers[index] = worker;
    return worker;
  }

  #died(worker: WorkerThread, exit: WorkerExit): void {
    const { index } = worker;
    this.#options.onDeath(index);
    if (this.#phase !== 'serving') return;
    this.#options.log.error('worker died', {
      worker: index,
      exit_code: exit.code,
      error: worker.refusal || (exit.error?.stack ?? ''),
      lifetime_ms: Math.round(exit.lifetime),
      restart_in_ms: this.#restarts.schedule(index, exit.lifetime),
    });
  }

  /** The restarts that wait for the end of a pause. @returns for each '' or why it failed */
  #restartNow(generation: Generation): Promise<string[]> {
    return Promise.all(this.#restarts.take().map((index) => this.#restart(index, generation)));
  }

  /** @returns '' once it serves, else why it does not */
  async #restart(index: number, generation: Generation): Promise<string> {
    const startedAt = performance.now();
    this.#options.onRestart(index);
    const reason = await this.#spawn(index, generation).untilReady(this.#timeouts.start);
    const took_ms = Math.round(performance.now() - startedAt);
    if (reason === '') this.#options.log.info('worker replaced', { worker: index, took_ms });
    return reason;
  }
}
