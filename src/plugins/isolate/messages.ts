/** What a worker and the thread of an isolated plugin tell each other. Everything here survives structured clone. */
import type { PluginInstance } from '../../routing/model.ts';
import type { ExchangeOutcome, LimitDecision, PluginDefinition, PluginReply, PluginRequest } from '../api.ts';
import type { LoadFailure } from '../load-error.ts';

/** `workerData` of the thread. */
export interface IsolatedInit {
  readonly instance: PluginInstance;
  /** One Int32: the thread stores the number of the call that it begins, so that a stuck call can be told from waiting ones. */
  readonly started: SharedArrayBuffer;
}

/** Name, value, name, value, …: cheaper to clone than pairs. */
export type FlatHeaders = readonly string[];

/** An exchange as it was when the thread heard of it first. */
export interface ExchangeSnapshot {
  readonly request: Omit<PluginRequest, 'headers'> & { readonly headers: FlatHeaders };
  readonly requestId: string;
  readonly traceId: string;
  readonly route: {
    readonly id: string;
    readonly path: string;
    readonly params: Readonly<Record<string, string>>;
  };
}

export type HeaderEdit =
  | { readonly edit: 'set' | 'append'; readonly name: string; readonly value: string }
  | { readonly edit: 'delete'; readonly name: string };

/** The hooks that are calls; `onEnd` is a message of its own since nobody waits for it. */
export type HookCall =
  | { readonly hook: 'onRequest' }
  | { readonly hook: 'onUpstreamRequest'; readonly headers: FlatHeaders }
  | {
      readonly hook: 'onResponse';
      readonly status: number;
      readonly hasBody: boolean;
      readonly local: boolean;
      readonly headers: FlatHeaders;
    }
  | { readonly hook: 'onRequestBody' | 'onResponseBody'; readonly chunk: Uint8Array; readonly last: boolean };

export type ToThread =
  | {
      readonly type: 'call';
      readonly call: number;
      readonly exchange: number;
      /** With the first call of an exchange. */
      readonly snapshot: ExchangeSnapshot | null;
      readonly body: HookCall;
    }
  | { readonly type: 'end'; readonly exchange: number; readonly outcome: ExchangeOutcome }
  | {
      readonly type: 'decision';
      readonly id: number;
      readonly decision: LimitDecision | null;
      readonly error: string;
    }
  | { readonly type: 'ping' };

/** What became of a call. */
export interface HookResult {
  readonly edits: readonly HeaderEdit[];
  readonly requestId: string;
  /** Of the response; 0 for other hooks. */
  readonly status: number;
  readonly reply: PluginReply | null;
  readonly chunk: Uint8Array | null;
}

export interface LimitRequest {
  readonly algorithm: 'tokenBucket' | 'slidingWindow';
  readonly key: string;
  readonly limit: number;
  /** Tokens a second, or milliseconds of the window. */
  readonly rate: number;
  readonly cost: number;
}

/** What the worker must know of a definition that lives in the thread. */
export type IsolatedDefinition = Pick<
  PluginDefinition,
  'name' | 'version' | 'ownsHeaders' | 'preflight' | 'wholeBody'
>;

export type FromThread =
  | { readonly type: 'ready'; readonly definition: IsolatedDefinition; readonly hooks: readonly string[] }
  | { readonly type: 'failed'; readonly failure: LoadFailure; readonly detail: string }
  | { readonly type: 'done'; readonly call: number; readonly result: HookResult }
  | { readonly type: 'threw'; readonly call: number; readonly message: string }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Record<string, string | number | boolean>;
    }
  | { readonly type: 'count'; readonly event: string }
  | { readonly type: 'limit'; readonly id: number; readonly request: LimitRequest }
  | { readonly type: 'pong' };
