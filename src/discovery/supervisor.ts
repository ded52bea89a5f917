/**
 * Keeps one backend watched: opens it, starts the watch again when it fails (backoff with jitter), keeps the last list in
 * force meanwhile, and tells changes that come in bursts together.
 */
import { setMaxListeners } from 'node:events';
import type { Backend, Entry, Session } from './backend.ts';
import { EntryTable } from './entry-table.ts';
import { withLimit } from './limit.ts';
import { DEFAULT_PACE, type Pace, retryPause } from './pace.ts';
import { pause } from './pause.ts';
import type { Provider, ProviderSink } from './provider.ts';
import { reasonOf } from './reason.ts';

/** A backend whose library does not let go of a connection must not hold up the end of the gateway. Milliseconds. */
const CLOSE_PATIENCE = 2_000;
const MAX_SUBJECT = 300;

export class Supervisor implements Provider {
  readonly name: string;
  readonly #open: () => Promise<Backend>;
  readonly #pace: Pace;
  readonly #table: EntryTable;
  readonly #closing = new AbortController();
  #sink: ProviderSink | null = null;
  #backend: Promise<Backend> | null = null;
  #running: Promise<void> | null = null;
  /** The one whose calls count; null between two watches. */
  #session: AbortController | null = null;
  #synced = false;
  #trouble = '';
  #timer: NodeJS.Timeout | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @param open loads the library of the backend and checks its settings; called again after it failed */
  constructor(name: string, open: () => Promise<Backend>, pace: Partial<Pace> = {}) {
    this.name = name;
    this.#open = open;
    this.#pace = { ...DEFAULT_PACE, ...pace };
    this.#table = new EntryTable(({ subject, reason }) => this.#sink?.refused(shown(subject), reason));
  }

  start(sink: ProviderSink): void {
    if (this.#running !== null) return;
    this.#sink = sink;
    this.#running = this.#run();
  }

  async read(key: string): Promise<Uint8Array | null> {
    const backend = await this.#opened();
    return (await backend.read?.(key)) ?? null;
  }

  async close(): Promise<void> {
    this.#sink = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#closing.abort();
    this.#session?.abort();
    await this.#running;
    const backend = await this.#backend?.catch(() => null);
    await withLimit(backend?.close?.() ?? Promise.resolve(), CLOSE_PATIENCE);
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const startedAt = performance.now();
      const reason = await this.#watchOnce();
      if (this.#closing.signal.aborted) return;
      this.#sink?.failed(reason);
      const wasWell = this.#synced && performance.now() - startedAt >= this.#pace.steady;
      failures = wasWell ? 1 : failures + 1;
      await pause(retryPause(this.#pace, failures), this.#closing.signal);
    }
  }

  /** @returns why it ended */
  async #watchOnce(): Promise<string> {
    const controller = new AbortController();
    // A backend may have a thousand questions under way, each of which listens.
    setMaxListeners(0, controller.signal);
    this.#session = controller;
    this.#synced = false;
    this.#trouble = '';
    let impatience: NodeJS.Timeout | undefined;
    const givenUp = new Promise<never>((_, reject) => {
      const { syncTimeout } = this.#pace;
      impatience = setTimeout(() => {
        if (!this.#synced) reject(new Error(`no answer within ${syncTimeout} ms`));
      }, syncTimeout);
      controller.signal.addEventListener('abort', () => reject(new Error('stopped')));
    });
    try {
      const watching = this.#opened().then((backend) => backend.watch(this.#sessionOf(controller)));
      await Promise.race([watching, givenUp]);
      return 'the watch ended';
    } catch (error) {
      return reasonOf(error);
    } finally {
      clearTimeout(impatience);
      this.#session = null;
      controller.abort();
    }
  }

  #opened(): Promise<Backend> {
    this.#backend ??= this.#open().catch((error: unknown) => {
      this.#backend = null;
      throw error;
    });
    return this.#backend;
  }

  #sessionOf(controller: AbortController): Session {
    const isCurrent = (): boolean => this.#session === controller && !controller.signal.aborted;
    return {
      signal: controller.signal,
      replace: (entries: Iterable<Entry>) => {
        if (!isCurrent()) return;
        const changed = this.#table.replace(entries);
        // The first list of a watch is told in any case: it says that the backend answers (again).
        if (!this.#synced) this.#publish();
        else if (changed) this.#schedule();
        this.#synced = true;
      },
      set: (entry: Entry) => {
        if (isCurrent() && this.#table.set(entry)) this.#schedule();
      },
      delete: (key: string) => {
        if (isCurrent() && this.#table.delete(key)) this.#schedule();
      },
      trouble: (reason: string) => {
        if (!isCurrent() || this.#trouble === reason) return;
        this.#trouble = reason;
        if (reason === '') this.#publish();
        else this.#sink?.failed(reason);
      },
    };
  }

  #schedule(): void {
    if (this.#timer !== null || this.#sink === null) return;
    const { quiet, interval } = this.#pace;
    const wait = Math.max(quiet, this.#toldAt + interval - performance.now());
    this.#timer = setTimeout(() => this.#publish(), wait);
  }

  #publish(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#toldAt = performance.now();
    this.#sink?.publish(this.#table.instances());
    // A list says that all is well: it is not while a part of the backend does not answer.
    if (this.#trouble !== '') this.#sink?.failed(this.#trouble);
  }
}

/** Names come from others, and go to logs and terminals. */
function shown(subject: string): string {
  return subject.replaceAll(/[\u0000-\u001f\u007f]/g, '?').slice(0, MAX_SUBJECT);
}
