/**
 * The one path by which a new configuration comes into force, whoever asks for it. Runs one at a time; requests that
 * arrive meanwhile share the next run, which starts after them and so sees what they want applied.
 */
const SHUTTING_DOWN = {
    outcome: 'refused',
    version: 0,
    problems: ['the gateway is shutting down'],
    warnings: [],
};
export class Reloader {
    #options;
    #waiting = [];
    #running = null;
    #closed = false;
    constructor(options) {
        this.#options = options;
    }
    /** Resolves in every case, when the outcome is in force. */
    reload(trigger) {
        return new Promise((resolve) => {
            this.#waiting.push({ trigger, resolve });
            this.#running ??= this.#drain();
        });
    }
    /** Lets the current run finish and starts no other. */
    async close() {
        this.#closed = true;
        await this.#running;
    }
    async #drain() {
        // Requests made in the same turn share a run.
        await null;
        while (this.#waiting.length > 0 && !this.#closed) {
            const requests = this.#waiting;
            this.#waiting = [];
            const triggers = [...new Set(requests.map((request) => request.trigger))];
            const result = await this.#run(triggers);
            this.#options.report(result, triggers);
            for (const request of requests)
                request.resolve(result);
        }
        for (const request of this.#waiting.splice(0))
            request.resolve(SHUTTING_DOWN);
        this.#running = null;
    }
    async #run(triggers) {
        const first = await this.#options.attempt();
        if (first.outcome !== 'refused')
            return first;
        // A file that somebody is still writing is broken for a moment; a person who asks wants the answer at once.
        const halfWritten = triggers.every((trigger) => trigger === 'file');
        if (!halfWritten && first.transient !== true)
            return first;
        await new Promise((resolve) => setTimeout(resolve, this.#options.settle ?? 400));
        return this.#options.attempt();
    }
}
//# sourceMappingURL=reloader.js.map