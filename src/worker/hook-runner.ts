import type { MaybePromise } from '../plugins/api.ts';
import { type ChainLink, isPromise } from './chain.ts';
import type { ExchangeContext } from './exchange-context.ts';

// biome-ignore lint/suspicious/noConfusingVoidType: a hook that returns nothing goes on
type HookResult<Answer> = MaybePromise<Answer | void | undefined>;

/** Calls the hooks of a chain one after the other, synchronously as long as no hook returns a promise. */
export class HookRunner {
  readonly #context: ExchangeContext;
  readonly #onFailure: (plugin: string, error: unknown) => void;
  /** Counts the chains. One that still waits is void when the next begins: the response it was for has failed meanwhile. */
  #run = 0;

  /** @param onFailure a hook threw or its promise was rejected */
  constructor(context: ExchangeContext, onFailure: (plugin: string, error: unknown) => void) {
    this.#context = context;
    this.#onFailure = onFailure;
  }

  /**
   * @param call runs the hook of one link
   * @param then gets the first answer, or undefined when no hook had one; not called if a hook failed, or the exchange
   *   ended or another chain began meanwhile
   * @param onWait called before the first wait for a promise
   */
  run<Answer>(
    links: readonly ChainLink[],
    call: (link: ChainLink) => HookResult<Answer>,
    then: (answer: Answer | undefined) => void,
    onWait?: () => void,
  ): void {
    this.#run++;
    this.#runFrom(0, links, call, then, onWait);
  }

  #runFrom<Answer>(
    from: number,
    links: readonly ChainLink[],
    call: (link: ChainLink) => HookResult<Answer>,
    then: (answer: Answer | undefined) => void,
    onWait?: () => void,
  ): void {
    for (let i = from; i < links.length; i++) {
      const link = links[i]!;
      let result: HookResult<Answer>;
      try {
        result = call(link);
      } catch (error) {
        this.#onFailure(link.name, error);
        return;
      }
      if (result === undefined) continue;
      if (isPromise(result)) {
        onWait?.();
        this.#wait(result, link, (answer) => {
          if (answer === undefined) this.#runFrom(i + 1, links, call, then, onWait);
          else then(answer as Answer);
        });
        return;
      }
      then(result as Answer);
      return;
    }
    then(undefined);
  }

  #wait<T>(promise: Promise<T>, link: ChainLink, then: (value: T) => void): void {
    const context = this.#context;
    context.waited = true;
    const { serial } = context.exchange;
    const run = this.#run;
    promise.then(
      (value) => {
        if (context.isCurrent(serial) && run === this.#run) then(value);
      },
      (error: unknown) => {
        if (context.isCurrent(serial) && run === this.#run) this.#onFailure(link.name, error);
      },
    );
  }
}
