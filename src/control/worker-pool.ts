/**
 * Starts the worker threads, keeps them alive and moves them together from one generation to the next. Every worker
 * serves the same generation, except for the instant in which they swap.
 */
import type { SharedMemory } from '../shared/memory.ts';
import type {
  AddressBook,
  ControlResponseMessage,
  EngineName,
  FromWorker,
  Generation,
} from '../shared/messages.ts';
import type { ControlLog } from './log.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { type WorkerExit, WorkerThread } from './worker-thread.ts';

export interface WorkerPoolOptions {
  /** The compiled thread entry. */
  readonly entry: URL;
  readonly count: number;
  readonly engine: EngineName;
  /** Default: false. */
  readonly pinCpus?: boolean;
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

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #timeouts: PoolTimeouts;
  readonly #workers: (WorkerThread | null)[];
  readonly #backoffs: RestartBackoff[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #generation: Generation | null = null;
  #phase: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#timeouts = options.timeouts ?? TIMEOUTS;
    this.#workers = new Array(options.count).fill(null);
    this.#backoffs = Array.from({ length: options.count }, () => new RestartBackoff());
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
    // One that starts right now has the old generation in hand; let it finish, then it is asked like the others.
    await Promise.all(this.#live().map((worker) => worker.untilReady(this.#timeouts.start)));
    const workers = this.#live();
    const reasons = await Promise.all(
      workers.map((worker) => worker.prepare(generation, this.#timeouts.prepare)),
    );
    const reason = reasons.find((text) => text !== '');
    const died = workers.some((worker) => worker.state === 'dead');
    if (reason !== undefined || died) {
      for (const worker of this.#live()) worker.post({ type: 'abort', version: generation.version });
      return { ok: false, reason: reason ?? 'a worker died during the reload', retry: died };
    }
    this.#generation = generation;
    const done = await Promise.all(
      workers.map((worker) => worker.commit(generation.version, this.#timeouts.commit)),
    );
    // The successor of a dead one starts with the new generation; one that hangs becomes a dead one.
    workers.forEach((worker, at) => {
      if (done[at] !== true) worker.terminate();
    });
    return { ok: true };
  }

  /** Answers a worker; one that is gone meanwhile needs no answer, and its successor knows of none. */
  answer(worker: number, response: ControlResponseMessage): void {
    const thread = this.#workers[worker];
    if (thread && thread.state !== 'dead') thread.post(response);
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
    // All of them first. Connections that close make clients come back, to workers that still listen: there they would wait
    // in a queue that the kernel resets when that worker stops to listen.
    await Promise.all(this.#live().map((worker) => worker.stopListening(STOP_LISTENING_PATIENCE)));
    const cut = await Promise.all(this.#live().map((worker) => worker.drain(deadline, DRAIN_GRACE)));
    this.stop();
    return cut.every((connections) => connections === 0);
  }

  /** Ends all threads at once. */
  stop(): void {
    this.#phase = 'stopping';
    for (const timer of this.#timers) clearTimeout(timer);
    for (const worker of this.#live()) worker.terminate();
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
    return this.#workers.filter((worker) => worker !== null && worker.state !== 'dead') as WorkerThread[];
  }

  #spawn(index: number, generation: Generation): WorkerThread {
    const { entry, count, pinCpus = false, engine, host, port, tlsPort, memory, onMessage } = this.#options;
    const listen = { engine, host, port, tlsPort };
    const init = { workerIndex: index, workerCount: count, pinCpus, ...listen, memory, generation };
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
    const pause = this.#backoffs[index]!.next(exit.lifetime);
    this.#options.log.error('worker died', {
      worker: index,
      exit_code: exit.code,
      error: worker.refusal || (exit.error?.stack ?? ''),
      lifetime_ms: Math.round(exit.lifetime),
      restart_in_ms: pause,
    });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#restart(index);
    }, pause);
    this.#timers.add(timer);
  }

  async #restart(index: number): Promise<void> {
    const startedAt = performance.now();
    this.#options.onRestart(index);
    const reason = await this.#spawn(index, this.#generation!).untilReady(this.#timeouts.start);
    if (reason !== '') return;
    const took_ms = Math.round(performance.now() - startedAt);
    this.#options.log.info('worker replaced', { worker: index, took_ms });
  }
}
