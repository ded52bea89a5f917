/** Entry of the thread in which an isolated plugin runs. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ExchangeOutcome, LimitDecision, LimitStore, PluginHooks } from '../api.ts';
import { HOOK_NAMES } from '../hooks.ts';
import { instantiate } from '../instantiate.ts';
import { PluginLoadError } from '../load-error.ts';
import type { FromThread, HookResult, IsolatedInit, LimitRequest, ToThread } from './messages.ts';
import { runHook } from './run-hook.ts';
import { ThreadExchange } from './thread-exchange.ts';

const { instance, started } = workerData as IsolatedInit;
const startedCall = new Int32Array(started);
const exchanges = new Map<number, ThreadExchange>();

function send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

/** The worker decides, so limits count together with those of all other threads. */
class RemoteLimits implements LimitStore {
  readonly #waiting = new Map<
    number,
    { resolve(decision: LimitDecision): void; reject(error: Error): void }
  >();
  #last = 0;

  tokenBucket(key: string, capacity: number, refillPerSecond: number, cost = 1): Promise<LimitDecision> {
    return this.#ask({ algorithm: 'tokenBucket', key, limit: capacity, rate: refillPerSecond, cost });
  }

  slidingWindow(key: string, limit: number, windowMs: number, cost = 1): Promise<LimitDecision> {
    return this.#ask({ algorithm: 'slidingWindow', key, limit, rate: windowMs, cost });
  }

  #ask(request: LimitRequest): Promise<LimitDecision> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#waiting.set(id, { resolve, reject });
      send({ type: 'limit', id, request });
    });
  }

  settle(id: number, decision: LimitDecision | null, error: string): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (decision !== null) waiting?.resolve(decision);
    else waiting?.reject(new Error(error));
  }
}

const limits = new RemoteLimits();

function serve(hooks: PluginHooks, message: ToThread): void {
  switch (message.type) {
    case 'call':
      answer(hooks, message);
      break;
    case 'end':
      end(hooks, message.exchange, message.outcome);
      break;
    case 'decision':
      limits.settle(message.id, message.decision, message.error);
      break;
    case 'ping':
      send({ type: 'pong' });
      break;
  }
}

function end(hooks: PluginHooks, id: number, outcome: ExchangeOutcome): void {
  const exchange = exchanges.get(id);
  exchanges.delete(id);
  if (exchange === undefined) return;
  try {
    hooks.onEnd?.(exchange, outcome);
  } catch (error) {
    send({
      type: 'log',
      level: 'error',
      message: 'plugin failed in onEnd',
      fields: { error: String(error) },
    });
  }
}

function answer(
  hooks: PluginHooks,
  { call, exchange: id, snapshot, body }: ToThread & { type: 'call' },
): void {
  Atomics.store(startedCall, 0, call);
  try {
    if (snapshot !== null) exchanges.set(id, new ThreadExchange(snapshot));
    const exchange = exchanges.get(id);
    if (exchange === undefined) throw new Error('the exchange has ended');
    const result = runHook(hooks, exchange, body);
    if (result instanceof Promise) {
      result.then(
        (late) => sendResult(call, late),
        (error: unknown) => sendError(call, error),
      );
    } else {
      sendResult(call, result);
    }
  } catch (error) {
    sendError(call, error);
  }
}

function sendResult(call: number, result: HookResult): void {
  try {
    send({ type: 'done', call, result }, result.chunk === null ? [] : [result.chunk.buffer as ArrayBuffer]);
  } catch (error) {
    // A reply with something in it that cannot be cloned.
    sendError(call, error);
  }
}

function sendError(call: number, error: unknown): void {
  send({ type: 'threw', call, message: error instanceof Error ? error.message : String(error) });
}

async function start(): Promise<void> {
  const { definition, hooks } = await instantiate(instance, {
    limits,
    log: (level, message, fields = {}) => send({ type: 'log', level, message, fields }),
    count: (_plugin, event) => send({ type: 'count', event }),
  });
  parentPort?.on('message', (message: ToThread) => serve(hooks, message));
  const { name, version, ownsHeaders, preflight, wholeBody } = definition;
  send({
    type: 'ready',
    definition: {
      name,
      version,
      ...(ownsHeaders === undefined ? {} : { ownsHeaders }),
      ...(preflight === undefined ? {} : { preflight }),
      ...(wholeBody === undefined ? {} : { wholeBody }),
    },
    hooks: HOOK_NAMES.filter((hook) => hooks[hook] !== undefined),
  });
}

start().catch((error: unknown) => {
  const failure = error instanceof PluginLoadError ? error.failure : 'setup-failed';
  send({ type: 'failed', failure, detail: error instanceof Error ? error.message : String(error) });
});
