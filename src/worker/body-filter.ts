import type { PluginExchange } from '../plugins/api.ts';
import { type ChainLink, isPromise } from './chain.ts';

const EMPTY = Buffer.alloc(0);

/** Where filtered pieces go. */
export interface FilterTarget {
  onFiltered(chunk: Buffer, last: boolean): void;
  /** A hook threw (`error`) or the body exceeds a plugin's cap (`error` null). */
  onFilterFailed(plugin: string, error: unknown): void;
  /** The filter caught up after `write` had returned false. */
  onFilterReady(): void;
}

interface Stage {
  readonly link: ChainLink;
  /** Collected body of a plugin that wants it whole. */
  collected: Uint8Array[] | null;
  size: number;
}

/**
 * Sends a body through the body hooks of a chain, in order and one piece at a time. A hook that returns a promise holds
 * up the pieces behind it; `write` then says so and the source pauses.
 */
export class BodyFilter {
  readonly #stages: readonly Stage[];
  readonly #hook: 'onRequestBody' | 'onResponseBody';
  readonly #exchange: PluginExchange;
  readonly #target: FilterTarget;
  readonly #queue: { chunk: Uint8Array; last: boolean }[] = [];
  /** Bytes that are still to come out; -1 when the body may have any length. */
  #left = -1;
  /** The plugin that has last changed the length of a piece. */
  #resizedBy = '';
  #busy = false;
  #stopped = false;
  #heldBack = false;

  constructor(
    links: readonly ChainLink[],
    hook: 'onRequestBody' | 'onResponseBody',
    exchange: PluginExchange,
    target: FilterTarget,
  ) {
    this.#stages = links.map((link) => ({ link, collected: link.wholeBody > 0 ? [] : null, size: 0 }));
    this.#hook = hook;
    this.#exchange = exchange;
    this.#target = target;
  }

  /** True while the length that goes in is the length that comes out as far as the core can tell. */
  get collects(): boolean {
    return this.#stages.some((stage) => stage.collected !== null);
  }

  /**
   * A body of another length would be taken for the beginning of the next message, or the next message for its rest.
   *
   * @param length what Content-Length says; -1 without one
   */
  expect(length: number): void {
    this.#left = length;
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.length = 0;
  }

  /** @returns false when a hook is still busy: send no more until `onFilterReady` */
  write(chunk: Uint8Array, last: boolean): boolean {
    this.#queue.push({ chunk, last });
    if (!this.#busy) this.#run();
    if (this.#busy) this.#heldBack = true;
    return !this.#busy;
  }

  #run(): void {
    for (;;) {
      if (this.#stopped) return;
      const piece = this.#queue.shift();
      if (piece === undefined) break;
      if (!this.#process(0, piece.chunk, piece.last)) return;
    }
    if (this.#heldBack) {
      this.#heldBack = false;
      this.#target.onFilterReady();
    }
  }

  /** @returns false when it waits for a promise; the promise goes on with the rest */
  #process(from: number, chunk: Uint8Array, last: boolean): boolean {
    const stages = this.#stages;
    for (let i = from; i < stages.length; i++) {
      const stage = stages[i]!;
      if (stage.collected !== null) {
        stage.size += chunk.length;
        if (stage.size > stage.link.wholeBody) {
          this.#fail(stage.link.name, null);
          return false;
        }
        stage.collected.push(chunk);
        if (!last) return true;
        chunk = Buffer.concat(stage.collected);
      } else if (chunk.length === 0 && !last) {
        return true;
      }
      let result: ReturnType<NonNullable<ChainLink['hooks']['onResponseBody']>>;
      try {
        result = stage.link.hooks[this.#hook]!(this.#exchange, chunk, last);
      } catch (error) {
        this.#fail(stage.link.name, error);
        return false;
      }
      if (result === undefined) continue;
      if (isPromise(result)) {
        this.#wait(result, i, chunk, last);
        return false;
      }
      chunk = this.#replaced(chunk, result, stage);
    }
    this.#emit(chunk, last);
    return true;
  }

  #wait(
    // biome-ignore lint/suspicious/noConfusingVoidType: the hook's own result type
    result: Promise<Uint8Array | void | undefined>,
    stage: number,
    chunk: Uint8Array,
    last: boolean,
  ): void {
    this.#busy = true;
    result.then(
      (value) => {
        if (this.#stopped) return;
        this.#busy = false;
        const next = value === undefined ? chunk : this.#replaced(chunk, value, this.#stages[stage]!);
        if (this.#process(stage + 1, next, last)) this.#run();
      },
      (error: unknown) => this.#fail(this.#stages[stage]!.link.name, error),
    );
  }

  #replaced(before: Uint8Array, after: Uint8Array, stage: Stage): Uint8Array {
    if (after.length !== before.length) this.#resizedBy = stage.link.name;
    return after;
  }

  #emit(chunk: Uint8Array, last: boolean): void {
    if (this.#stopped) return;
    if (this.#left >= 0) {
      this.#left -= chunk.length;
      if (this.#left < 0 || (last && this.#left > 0)) {
        this.#fail(this.#resizedBy, new TypeError('the length of the body is not that of Content-Length'));
        return;
      }
    }
    const buffer = chunk.length === 0 ? EMPTY : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#target.onFiltered(buffer, last);
  }

  #fail(plugin: string, error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#target.onFilterFailed(plugin, error);
  }
}
