import { RestartBackoff } from './restart-backoff.js';
import { WorkerThread } from './worker-thread.js';
const TIMEOUTS = { start: 30_000, prepare: 15_000, commit: 5_000 };
const DRAIN_GRACE = 1_000;
export class WorkerPool {
    #options;
    #timeouts;
    #workers;
    #backoffs;
    #timers = new Set();
    #generation = null;
    #phase = 'starting';
    constructor(options) {
        this.#options = options;
        this.#timeouts = options.timeouts ?? TIMEOUTS;
        this.#workers = new Array(options.count).fill(null);
        this.#backoffs = Array.from({ length: options.count }, () => new RestartBackoff());
    }
    /** @returns '' once all workers serve the generation, else why one of them cannot; then none is left */
    async start(generation) {
        this.#generation = generation;
        const started = Array.from({ length: this.#options.count }, (_, index) => this.#spawn(index, generation));
        const reasons = await Promise.all(started.map((worker) => worker.untilReady(this.#timeouts.start)));
        let reason = reasons.find((text) => text !== '') ?? '';
        if (reason === '' && this.ready < this.count)
            reason = 'a worker died right after its start';
        if (reason === '')
            this.#phase = 'serving';
        else
            this.stop();
        return reason;
    }
    /**
     * Brings all workers to a new generation, or leaves all of them on the old one. Not to be called again before it is
     * done.
     */
    async apply(generation) {
        // One that starts right now has the old generation in hand; let it finish, then it is asked like the others.
        await Promise.all(this.#live().map((worker) => worker.untilReady(this.#timeouts.start)));
        const workers = this.#live();
        const reasons = await Promise.all(workers.map((worker) => worker.prepare(generation, this.#timeouts.prepare)));
        const reason = reasons.find((text) => text !== '');
        const died = workers.some((worker) => worker.state === 'dead');
        if (reason !== undefined || died) {
            for (const worker of this.#live())
                worker.post({ type: 'abort', version: generation.version });
            return { ok: false, reason: reason ?? 'a worker died during the reload', retry: died };
        }
        this.#generation = generation;
        const done = await Promise.all(workers.map((worker) => worker.commit(generation.version, this.#timeouts.commit)));
        // The successor of a dead one starts with the new generation; one that hangs becomes a dead one.
        workers.forEach((worker, at) => {
            if (done[at] !== true)
                worker.terminate();
        });
        return { ok: true };
    }
    /** Newly resolved names, for the workers and for their successors. */
    setAddresses(addresses) {
        if (this.#generation !== null)
            this.#generation = { ...this.#generation, addresses };
        for (const worker of this.#live())
            worker.post({ type: 'addresses', addresses });
    }
    /** For the workers and for their successors. */
    setTicketKeys(keys) {
        if (this.#generation !== null)
            this.#generation = { ...this.#generation, ticketKeys: keys };
        for (const worker of this.#live())
            worker.post({ type: 'ticket-keys', keys });
    }
    /** Asks all workers to finish and ends them. @returns true if none had to cut anything at `deadline` milliseconds from now */
    async drain(deadline) {
        this.#phase = 'stopping';
        const cut = await Promise.all(this.#live().map((worker) => worker.drain(deadline, DRAIN_GRACE)));
        this.stop();
        return cut.every((connections) => connections === 0);
    }
    /** Ends all threads at once. */
    stop() {
        this.#phase = 'stopping';
        for (const timer of this.#timers)
            clearTimeout(timer);
        for (const worker of this.#live())
            worker.terminate();
    }
    /** How many workers serve. */
    get ready() {
        return this.#live().filter((worker) => worker.state === 'ready').length;
    }
    get count() {
        return this.#options.count;
    }
    /** The port that the workers listen on. */
    get port() {
        return this.#live().find((worker) => worker.port !== 0)?.port ?? this.#options.port;
    }
    #live() {
        return this.#workers.filter((worker) => worker !== null && worker.state !== 'dead');
    }
    #spawn(index, generation) {
        const { entry, count, engine, host, port, tlsPort, memory, onMessage } = this.#options;
        const init = { workerIndex: index, workerCount: count, engine, host, port, tlsPort, memory, generation };
        const worker = new WorkerThread(entry, init, {
            message: (_, message) => onMessage(index, message),
            exit: (dead, exit) => this.#died(dead, exit),
        });
        this.#workers[index] = worker;
        return worker;
    }
    #died(worker, exit) {
        const { index } = worker;
        this.#options.onDeath(index);
        if (this.#phase !== 'serving')
            return;
        const pause = this.#backoffs[index].next(exit.lifetime);
        this.#options.log.error('worker died', {
            worker: index,
            exit_code: exit.code,
            error: worker.refusal || (exit.error?.stack ?? ''),
            lifetime_ms: Math.round(exit.lifetime),
            restart_in_ms: pause,
        });
        const timer = setTimeout(() => {
            this.#timers.delete(timer);
            void this.#restart(index);
        }, pause);
        this.#timers.add(timer);
    }
    async #restart(index) {
        const startedAt = performance.now();
        this.#options.onRestart(index);
        const reason = await this.#spawn(index, this.#generation).untilReady(this.#timeouts.start);
        if (reason !== '')
            return;
        const took_ms = Math.round(performance.now() - startedAt);
        this.#options.log.info('worker replaced', { worker: index, took_ms });
    }
}
//# sourceMappingURL=worker-pool.js.map