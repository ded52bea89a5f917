import { Worker } from 'node:worker_threads';
import { GatewayError } from '../../http/errors.js';
import { PluginLoadError } from '../load-error.js';
import { PendingCall } from './pending-call.js';
import { snapshotOf } from './snapshot.js';
const DEFAULT_TIMEOUT = 1000;
/** Longer than the limits inside the thread: this one catches a module or a setup that never yields. */
const START_TIMEOUT = 15_000;
/** A thread that is merely waiting for something answers a ping within that time; one in an endless loop does not. */
const PING_TIMEOUT = 250;
/** What a call that waits for a new thread gets on top of its limit. */
const RESTART_GRACE = 3000;
/** After a failed start, requests are refused at once for so long before the next attempt. */
const RESTART_PAUSE = 1000;
/** Beyond that the thread ends, alone, instead of taking the worker's memory. */
const MAX_HEAP_MB = 256;
/**
 * A plugin in a thread of its own. Each hook has a time limit; a thread that is stuck or dies is replaced. Calls that it
 * had not begun go to the next thread, so that only requests that were inside the plugin at that moment fail.
 */
export class IsolatedPlugin {
    #instance;
    #host;
    #timeout;
    #pending = new Map();
    #worker = null;
    #ready = null;
    #started = new Int32Array(new SharedArrayBuffer(4));
    /** Number of the current thread. */
    #thread = 0;
    #lastCall = 0;
    #closed = false;
    #retryAt = 0;
    #pingTimer = null;
    constructor(instance, host) {
        this.#instance = instance;
        this.#host = host;
        this.#timeout = instance.isolateTimeout ?? DEFAULT_TIMEOUT;
    }
    /**
     * Starts the thread for the first time.
     *
     * @throws PluginLoadError
     */
    async start() {
        await new Promise((resolve, reject) => this.#launch(resolve, reject));
        return this.#ready;
    }
    /** @throws GatewayError plugin_timeout when the hook takes longer than its limit; Error when it threw or its thread died */
    call(exchange, body) {
        return new Promise((resolve, reject) => {
            const id = (this.#lastCall = (this.#lastCall + 1) | 0);
            const call = new PendingCall(exchange, body, resolve, reject);
            this.#pending.set(id, call);
            if (this.#worker === null)
                this.#restart();
            // A failed restart refuses what is pending at once.
            if (this.#pending.has(id))
                this.#post(id, call);
        });
    }
    end({ id, thread }, outcome) {
        for (const [callId, { exchange }] of this.#pending) {
            if (exchange.id === id)
                this.#take(callId)?.reject(new Error('the exchange has ended'));
        }
        if (thread === this.#thread)
            this.#send({ type: 'end', exchange: id, outcome });
    }
    close() {
        this.#closed = true;
        this.#stop(new Error('the plugin is unloaded'));
        this.#refuseAll(new Error('the plugin is unloaded'));
    }
    #launch(onReady, onFailed) {
        const started = new SharedArrayBuffer(4);
        const init = { instance: this.#instance, started };
        const worker = new Worker(new URL('./thread.js', import.meta.url), {
            workerData: init,
            name: `octopus-plugin-${this.#instance.name}`,
            resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
        });
        this.#worker = worker;
        this.#ready = null;
        this.#thread++;
        this.#started = new Int32Array(started);
        // None of the calls that wait for this thread has begun.
        const [first = this.#lastCall + 1] = this.#pending.keys();
        this.#started[0] = first - 1;
        const fail = (failure, detail) => {
            if (this.#worker !== worker)
                return;
            this.#stop(new Error('the plugin did not start'));
            onFailed(new PluginLoadError(this.#instance.name, failure, detail));
        };
        const startTimer = setTimeout(fail, START_TIMEOUT, 'setup-failed', `it did not start in ${START_TIMEOUT / 1000} s`);
        worker.on('message', (message) => {
            if (this.#worker !== worker)
                return;
            if (message.type === 'failed') {
                clearTimeout(startTimer);
                fail(message.failure, message.detail);
            }
            else if (message.type === 'ready') {
                clearTimeout(startTimer);
                this.#ready = message;
                // What is pending has timers that keep the process; the thread itself must not.
                worker.unref();
                onReady();
                for (const [id, call] of this.#pending)
                    this.#post(id, call);
            }
            else {
                this.#receive(message);
            }
        });
        let cause = '';
        worker.on('error', (error) => (cause = error instanceof Error ? error.message : String(error)));
        worker.on('exit', (code) => {
            clearTimeout(startTimer);
            if (this.#worker !== worker)
                return;
            const detail = cause === '' ? `its thread ended with code ${code}` : `its thread died: ${cause}`;
            if (this.#ready === null)
                fail('setup-failed', detail);
            else
                this.#lose(detail);
        });
    }
    #restart() {
        const now = performance.now();
        if (this.#closed || now < this.#retryAt) {
            this.#refuseAll(new Error('the plugin does not run'));
            return;
        }
        this.#launch(() => undefined, (error) => {
            this.#retryAt = performance.now() + RESTART_PAUSE;
            this.#host.log('error', 'isolated plugin cannot be restarted', {
                plugin: this.#instance.name,
                error: error.message,
            });
            this.#refuseAll(error);
        });
    }
    /** The thread is gone: calls that it had begun fail, the others wait for the next one. */
    #lose(detail) {
        this.#host.log('error', 'isolated plugin is restarted', { plugin: this.#instance.name, error: detail });
        this.#host.count(this.#instance.name, 'restarted');
        this.#stop(new Error(detail));
        if (this.#pending.size > 0)
            this.#restart();
    }
    #stop(error) {
        const worker = this.#worker;
        const begun = Atomics.load(this.#started, 0);
        this.#worker = null;
        this.#ready = null;
        if (this.#pingTimer !== null)
            clearTimeout(this.#pingTimer);
        this.#pingTimer = null;
        void worker?.terminate();
        for (const [id, call] of this.#pending) {
            if (call.thread === this.#thread && ((id - begun) | 0) <= 0)
                this.#take(id)?.reject(error);
            else
                this.#limit(id, call);
        }
    }
    #refuseAll(error) {
        for (const id of [...this.#pending.keys()])
            this.#take(id)?.reject(error);
    }
    #post(id, call) {
        this.#limit(id, call);
        if (this.#ready === null)
            return;
        const { exchange, body } = call;
        const known = exchange.thread === this.#thread;
        exchange.thread = this.#thread;
        call.thread = this.#thread;
        const snapshot = known ? null : snapshotOf(exchange.exchange);
        if (!('chunk' in body)) {
            this.#send({ type: 'call', call: id, exchange: exchange.id, snapshot, body });
            return;
        }
        // A copy of just this piece: cloning a part of a socket's buffer would send the whole buffer.
        const chunk = new Uint8Array(body.chunk);
        this.#send({ type: 'call', call: id, exchange: exchange.id, snapshot, body: { ...body, chunk } }, [
            chunk.buffer,
        ]);
    }
    #limit(id, call) {
        const grace = this.#ready === null ? RESTART_GRACE : 0;
        call.limit(this.#timeout + grace, () => this.#expire(id));
    }
    #send(message, transfer = []) {
        this.#worker?.postMessage(message, transfer);
    }
    #take(id) {
        const call = this.#pending.get(id);
        this.#pending.delete(id);
        return call;
    }
    #expire(id) {
        const { name } = this.#instance;
        this.#host.count(name, 'timeout');
        this.#take(id)?.reject(new GatewayError('plugin_timeout', `longer than ${this.#timeout} ms`));
        if (this.#worker === null || this.#ready === null || this.#pingTimer !== null)
            return;
        this.#send({ type: 'ping' });
        this.#pingTimer = setTimeout(() => this.#lose('its thread is stuck'), PING_TIMEOUT);
    }
    #receive(message) {
        switch (message.type) {
            case 'done':
                this.#take(message.call)?.resolve(message.result);
                break;
            case 'threw':
                this.#take(message.call)?.reject(new Error(message.message));
                break;
            case 'log':
                this.#host.log(message.level, message.message, message.fields);
                break;
            case 'count':
                this.#host.count(this.#instance.name, message.event);
                break;
            case 'limit':
                this.#decide(message.id, message.request);
                break;
            case 'pong':
                if (this.#pingTimer !== null)
                    clearTimeout(this.#pingTimer);
                this.#pingTimer = null;
                break;
            default:
                break;
        }
    }
    #decide(id, { algorithm, key, limit, rate, cost }) {
        const thread = this.#thread;
        const reply = (decision, error) => {
            if (thread === this.#thread)
                this.#send({ type: 'decision', id, decision, error });
        };
        new Promise((resolve) => resolve(this.#host.limits[algorithm](key, limit, rate, cost))).then((decision) => reply(decision, ''), (error) => reply(null, error instanceof Error ? error.message : String(error)));
    }
}
//# sourceMappingURL=isolated-plugin.js.map