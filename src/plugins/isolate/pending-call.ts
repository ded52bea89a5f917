import type { PluginExchange } from '../api.ts';
import type { HookCall, HookResult } from './messages.ts';

/** An exchange that has been in an isolated plugin. */
export interface IsolatedExchange {
  readonly id: number;
  readonly exchange: PluginExchange;
  /** Which thread knows it; threads are counted. */
  thread: number;
}

/** A hook whose result is awaited. */
export class PendingCall {
  readonly exchange: IsolatedExchange;
  readonly body: HookCall;
  /** The last thread that got it; 0 before any did. */
  thread = 0;
  readonly #resolve: (result: HookResult) => void;
  readonly #reject: (error: Error) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    exchange: IsolatedExchange,
    body: HookCall,
    resolve: (result: HookResult) => void,
    reject: (error: Error) => void,
  ) {
    this.exchange = exchange;
    this.body = body;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Starts the time limit, anew if it runs. */
  limit(milliseconds: number, expired: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(expired, milliseconds);
  }

  resolve(result: HookResult): void {
    clearTimeout(this.#timer);
    this.#resolve(result);
  }

  reject(error: Error): void {
    clearTimeout(this.#timer);
    this.#reject(error);
  }
}
