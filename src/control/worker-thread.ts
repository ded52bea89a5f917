/** The primary's view of one worker thread: its state, and questions to it that always get an answer. */
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FromWorker, Generation, ToWorker, WorkerInit } from '../shared/messages.ts';

/** `hung`: nothing is expected of it any more, it is about to be dead. */
export type WorkerState = 'starting' | 'ready' | 'hung' | 'dead';

export interface WorkerExit {
  readonly code: number;
  /** What the thread threw, or null when it ended by `process.exit`. */
  readonly error: Error | null;
  /** Milliseconds from start to death. */
  readonly lifetime: number;
}

export interface WorkerEvents {
  message(worker: WorkerThread, message: FromWorker): void;
  exit(worker: WorkerThread, exit: WorkerExit): void;
}

/** How long a thread may take to close its sockets when it is to be ended. Milliseconds. */
const CLOSE_PATIENCE = 1_000;
/** For a profile of a thread that hangs; without a busy core it takes a quarter of that. Milliseconds. */
const PROFILE_PATIENCE = 1_000;

type Answer = FromWorker | 'dead' | 'silent';

interface Question {
  readonly matches: (message: FromWorker) => boolean;
  readonly settle: (answer: Answer) => void;
}

/**
 * Requests leave garbage only, which costs the same to collect in a small space; the default lets it grow to 48 MB in
 * each worker (measured: the same CPU time per request, 18 MB less with 10,000 idle connections).
 */
const YOUNG_GENERATION_MB = 12;

export class WorkerThread {
  readonly index: number;
  state: WorkerState = 'starting';
  /** The version that it serves; 0 before the first `ack`. */
  version = 0;
  /** The port that it listens on; 0 before it does. */
  port = 0;
  /** The version that it was to load when it hung; 0 when it did not, or over something else. */
  hungOn = 0;
  /** Resolves when the thread has ended. */
  readonly gone: Promise<void>;
  readonly #worker: Worker;
  readonly #events: WorkerEvents;
  readonly #startedAt = performance.now();
  readonly #questions = new Set<Question>();
  readonly #closesFirst: boolean;
  /** The version that it loads just now; 0: none. */
  #preparing = 0;
  #error: Error | null = null;
  #refusal = '';

  constructor(entry: URL, init: WorkerInit, events: WorkerEvents) {
    this.index = init.workerIndex;
    this.#closesFirst = init.engine === 'uws';
    if (this.#closesFirst) process.once('exit', this.#closeForExit);
    this.#events = events;
    this.#worker = new Worker(entry, {
      workerData: init,
      name: `octopus-worker-${init.workerIndex}`,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => {
      // Anything can be thrown; what is no Error has no stack to show.
      this.#error = error instanceof Error ? error : new Error(String(error));
    });
    this.gone = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#exited(code);
        resolve();
      });
    });
  }

  /** Why the thread refused its first generation; '' if it did not. */
  get refusal(): string {
    return this.#refusal;
  }

  /** @returns '' once it serves, else why it does not; then the thread is gone or about to go. */
  async untilReady(timeout: number): Promise<string> {
    if (this.state === 'ready') return '';
    const answer = await this.#ask(() => this.state === 'ready', timeout);
    if (answer === 'silent') {
      this.terminate();
      return `worker ${this.index} did not start within ${timeout} ms`;
    }
    if (answer !== 'dead') return '';
    if (this.#refusal !== '') return this.#refusal;
    return this.#error?.message ?? `worker ${this.index} ended while it started`;
  }

  /** First phase of a reload. @returns '' when prepared, else why not */
  async prepare(generation: Generation, timeout: number): Promise<string> {
    this.post({ type: 'prepare', generation });
    const { version } = generation;
    const answer = await this.#ask(
      (message) => (message.type === 'prepared' || message.type === 'refuse') && message.version === version,
      timeout,
    );
    if (answer === 'silent') return `worker ${this.index} did not answer within ${timeout} ms`;
    if (answer === 'dead') {
      const end = this.state === 'hung' ? 'hung' : 'died';
      return `worker ${this.index} ${end} while it loaded the configuration`;
    }
    return answer.type === 'refuse' ? answer.reason : '';
  }

  /** Second phase. @returns false when the thread is dead or does not answer */
  async commit(version: number, timeout: number): Promise<boolean> {
    this.post({ type: 'commit', version });
    const answer = await this.#ask(
      (message) => message.type === 'ack' && message.version === version,
      timeout,
    );
    return typeof answer === 'object';
  }

  async stopListening(patience: number): Promise<void> {
    this.post({ type: 'stop-listening' });
    await this.#ask((message) => message.type === 'stopped-listening', patience);
  }

  /** @returns how many connections had to be cut; -1 when the thread died or was not done `grace` after the deadline */
  async drain(deadline: number, grace: number): Promise<number> {
    this.post({ type: 'drain', deadline });
    const answer = await this.#ask((message) => message.type === 'drained', deadline + grace);
    return typeof answer === 'object' && answer.type === 'drained' ? answer.cut : -1;
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /**
   * Gives the thread up: who waits for an answer of it learns that there will be none.
   *
   * @returns where in its code it is, '' when that cannot be had
   */
  async hang(): Promise<string> {
    this.state = 'hung';
    this.hungOn = this.#preparing;
    this.#settleAll('dead');
    try {
      const { findBusyPlace } = await import('./busy-place.ts');
      return await findBusyPlace(this.#worker.threadId, PROFILE_PATIENCE);
    } catch {
      // A Node.js without inspector; what is done about the thread does not depend on it.
      return '';
    }
  }

  /** Ends a thread that cannot be asked to. @returns false when it is still there after `patience` milliseconds */
  async kill(patience: number): Promise<boolean> {
    if (this.#closesFirst) return false;
    void this.#worker.terminate();
    return Promise.race([this.gone.then(() => true), delay(patience, false, { ref: false })]);
  }

  /**
   * Ends the thread. One with open sockets of µWebSockets.js would take the whole process along (measured: an assertion of
   * Node about its event loop), so it is asked to close them before; if it does not, it stays.
   */
  terminate(): void {
    if (!this.#closesFirst) void this.#worker.terminate();
    else
      void this.drain(0, CLOSE_PATIENCE).then((cut) => {
        if (cut !== -1) void this.#worker.terminate();
      });
  }

  /** `process.exit` ends the threads as well. Nothing can be awaited any more, but they run while this one sleeps. */
  readonly #closeForExit = (): void => {
    this.post({ type: 'drain', deadline: 0 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, CLOSE_PATIENCE / 10);
  };

  #ask(matches: Question['matches'], timeout: number): Promise<Answer> {
    if (this.state === 'dead' || this.state === 'hung') return Promise.resolve('dead');
    return new Promise((resolve) => {
      const question: Question = {
        matches,
        settle: (answer) => {
          clearTimeout(timer);
          this.#questions.delete(question);
          resolve(answer);
        },
      };
      const timer = setTimeout(() => question.settle('silent'), timeout);
      this.#questions.add(question);
    });
  }

  #receive(message: FromWorker): void {
    if (message.type === 'preparing') this.#preparing = message.version;
    if (message.type === 'prepared' || message.type === 'refuse') this.#preparing = 0;
    if (message.type === 'ack') this.version = message.version;
    if (message.type === 'listening') this.port = message.port;
    if (message.type === 'refuse' && this.state === 'starting') this.#refusal = message.reason;
    if (this.state === 'starting' && this.version !== 0 && this.port !== 0) this.state = 'ready';
    this.#events.message(this, message);
    for (const question of this.#questions) if (question.matches(message)) question.settle(message);
  }

  #settleAll(answer: Answer): void {
    for (const question of this.#questions) question.settle(answer);
  }

  #exited(code: number): void {
    this.state = 'dead';
    process.removeListener('exit', this.#closeForExit);
    this.#settleAll('dead');
    this.#events.exit(this, { code, error: this.#error, lifetime: performance.now() - this.#startedAt });
  }
}
