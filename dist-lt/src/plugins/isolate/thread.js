/** Entry of the thread in which an isolated plugin runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { HOOK_NAMES } from '../hooks.js';
import { instantiate } from '../instantiate.js';
import { PluginLoadError } from '../load-error.js';
import { runHook } from './run-hook.js';
import { ThreadExchange } from './thread-exchange.js';
const { instance, started } = workerData;
const startedCall = new Int32Array(started);
const exchanges = new Map();
function send(message, transfer = []) {
    parentPort?.postMessage(message, transfer);
}
/** The worker decides, so limits count together with those of all other threads. */
class RemoteLimits {
    #waiting = new Map();
    #last = 0;
    tokenBucket(key, capacity, refillPerSecond, cost = 1) {
        return this.#ask({ algorithm: 'tokenBucket', key, limit: capacity, rate: refillPerSecond, cost });
    }
    slidingWindow(key, limit, windowMs, cost = 1) {
        return this.#ask({ algorithm: 'slidingWindow', key, limit, rate: windowMs, cost });
    }
    #ask(request) {
        return new Promise((resolve, reject) => {
            const id = ++this.#last;
            this.#waiting.set(id, { resolve, reject });
            send({ type: 'limit', id, request });
        });
    }
    settle(id, decision, error) {
        const waiting = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (decision !== null)
            waiting?.resolve(decision);
        else
            waiting?.reject(new Error(error));
    }
}
const limits = new RemoteLimits();
function serve(hooks, message) {
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
function end(hooks, id, outcome) {
    const exchange = exchanges.get(id);
    exchanges.delete(id);
    if (exchange === undefined)
        return;
    try {
        hooks.onEnd?.(exchange, outcome);
    }
    catch (error) {
        send({
            type: 'log',
            level: 'error',
            message: 'plugin failed in onEnd',
            fields: { error: String(error) },
        });
    }
}
function answer(hooks, { call, exchange: id, snapshot, body }) {
    Atomics.store(startedCall, 0, call);
    try {
        if (snapshot !== null)
            exchanges.set(id, new ThreadExchange(snapshot));
        const exchange = exchanges.get(id);
        if (exchange === undefined)
            throw new Error('the exchange has ended');
        const result = runHook(hooks, exchange, body);
        if (result instanceof Promise) {
            result.then((late) => sendResult(call, late), (error) => sendError(call, error));
        }
        else {
            sendResult(call, result);
        }
    }
    catch (error) {
        sendError(call, error);
    }
}
function sendResult(call, result) {
    try {
        send({ type: 'done', call, result }, result.chunk === null ? [] : [result.chunk.buffer]);
    }
    catch (error) {
        // A reply with something in it that cannot be cloned.
        sendError(call, error);
    }
}
function sendError(call, error) {
    send({ type: 'threw', call, message: error instanceof Error ? error.message : String(error) });
}
async function start() {
    const { definition, hooks } = await instantiate(instance, {
        limits,
        log: (level, message, fields = {}) => send({ type: 'log', level, message, fields }),
        count: (_plugin, event) => send({ type: 'count', event }),
    });
    parentPort?.on('message', (message) => serve(hooks, message));
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
start().catch((error) => {
    const failure = error instanceof PluginLoadError ? error.failure : 'setup-failed';
    send({ type: 'failed', failure, detail: error instanceof Error ? error.message : String(error) });
});
//# sourceMappingURL=thread.js.map