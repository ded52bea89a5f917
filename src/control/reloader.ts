/**
 * The one path by which a new configuration comes into force, whoever asks for it. Runs one at a time; requests that
 * arrive meanwhile share the next run, which starts after them and so sees what they want applied.
 */

/** What asked for a reload. */
export type ReloadTrigger = 'file' | 'signal' | 'admin' | 'discovery';

export interface ReloadResult {
  /** `refused`: the generation before it stays in force. */
  readonly outcome: 'applied' | 'unchanged' | 'refused';
  /** Of the generation in force afterwards. */
  readonly version: number;
  /** Why it was refused, `file:line:col: message` where there is a place; empty otherwise. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** The refusal may pass by itself: a worker died just then. */
  readonly transient?: boolean;
}

export interface ReloaderOptions {
  /** One try: load, validate, compile, apply. Must not throw. */
  readonly attempt: (triggers: readonly ReloadTrigger[]) => Promise<ReloadResult>;
  /** Called once per run, with its final result. */
  readonly report: (result: ReloadResult, triggers: readonly ReloadTrigger[]) => void;
  /** Milliseconds before a refused file change is tried again. Default 400. */
  readonly settle?: number;
}

/** Somebody waits for the answer. */
const ASKED: ReadonlySet<ReloadTrigger> = new Set(['signal', 'admin']);

const SHUTTING_DOWN: ReloadResult = {
  outcome: 'refused',
  version: 0,
  problems: ['the gateway is shutting down'],
  warnings: [],
};

interface Request {
  readonly trigger: ReloadTrigger;
  readonly resolve: (result: ReloadResult) => void;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  #waiting: Request[] = [];
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** Resolves in every case, when the outcome is in force. */
  reload(trigger: ReloadTrigger): Promise<ReloadResult> {
    return new Promise((resolve) => {
      this.#waiting.push({ trigger, resolve });
      this.#running ??= this.#drain();
    });
  }

  /** Lets the current run finish and starts no other. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    // Requests made in the same turn share a run.
    await null;
    while (this.#waiting.length > 0 && !this.#closed) {
      const requests = this.#waiting;
      this.#waiting = [];
      const triggers = [...new Set(requests.map((request) => request.trigger))];
      const result = await this.#run(triggers);
      this.#options.report(result, triggers);
      for (const request of requests) request.resolve(result);
    }
    for (const request of this.#waiting.splice(0)) request.resolve(SHUTTING_DOWN);
    this.#running = null;
  }

  async #run(triggers: readonly ReloadTrigger[]): Promise<ReloadResult> {
    const first = await this.#options.attempt(triggers);
    if (first.outcome !== 'refused') return first;
    // A file that somebody is still writing is broken for a moment; a person who asks wants the answer at once.
    const halfWritten = triggers.includes('file') && !triggers.some((trigger) => ASKED.has(trigger));
    if (!halfWritten && first.transient !== true) return first;
    await new Promise((resolve) => setTimeout(resolve, this.#options.settle ?? 400));
    if (this.#closed) return first;
    return this.#options.attempt(triggers);
  }
}
