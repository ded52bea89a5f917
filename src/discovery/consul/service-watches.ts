/**
 * Asks for each service again and again, at most a fixed number at once. With fewer services than that each has a question
 * of its own, held until it changes; with more they take turns, and each question is held for a moment only.
 */

/** One look at a service, held for up to `wait` milliseconds. */
export type Look = (name: string, index: number, wait: number, signal: AbortSignal) => Promise<number>;

interface Watched {
  readonly name: string;
  /** As of the last answer; 0 before the first. */
  index: number;
  gone: boolean;
}

/** How long a question is held when others wait for their turn. Milliseconds. */
const TURN = 1_000;

export class ServiceWatches {
  readonly #look: Look;
  readonly #most: number;
  readonly #wait: number;
  readonly #signal: AbortSignal;
  readonly #services = new Map<string, Watched>();
  #queue: Watched[] = [];
  /** Those that have nothing to do. */
  readonly #idle: (() => void)[] = [];
  /** Questions that are held, the oldest first. */
  readonly #held = new Map<Watched, AbortController>();

  constructor(look: Look, { most, wait, signal }: { most: number; wait: number; signal: AbortSignal }) {
    this.#look = look;
    this.#most = most;
    this.#wait = wait;
    this.#signal = signal;
    signal.addEventListener('abort', () => {
      for (const question of this.#held.values()) question.abort();
      for (const wake of this.#idle.splice(0)) wake();
    });
  }

  /** @param index as of an answer that is known already, else 0 */
  add(name: string, index: number): void {
    const watched = { name, index, gone: false };
    this.#services.set(name, watched);
    this.#enqueue(watched);
    // Whoever would wait for a minute makes room for it.
    const [oldest] = this.#held.values();
    if (this.#held.size >= this.#most) oldest?.abort();
  }

  remove(name: string): void {
    const watched = this.#services.get(name);
    if (watched === undefined) return;
    watched.gone = true;
    this.#services.delete(name);
    this.#held.get(watched)?.abort();
    this.#queue = this.#queue.filter((one) => one !== watched);
  }

  /** Ends when the signal says so. @throws what a look throws */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#most }, () => this.#work()));
  }

  async #work(): Promise<void> {
    while (!this.#signal.aborted) {
      const watched = this.#queue.shift();
      if (watched === undefined) await new Promise<void>((resolve) => this.#idle.push(resolve));
      else await this.#ask(watched);
    }
  }

  async #ask(watched: Watched): Promise<void> {
    const question = new AbortController();
    this.#held.set(watched, question);
    const wait = this.#services.size <= this.#most ? this.#wait : Math.min(TURN, this.#wait);
    try {
      watched.index = await this.#look(watched.name, watched.index, wait, question.signal);
    } catch (error) {
      if (!question.signal.aborted) throw error;
    } finally {
      this.#held.delete(watched);
    }
    if (!watched.gone) this.#enqueue(watched);
  }

  #enqueue(watched: Watched): void {
    this.#queue.push(watched);
    this.#idle.shift()?.();
  }
}
