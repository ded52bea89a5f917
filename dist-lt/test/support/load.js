import { RawClient } from './raw-client.js';
import { valuesOf } from './wire.js';
/** A closed-loop load generator that counts everything that is not a good response as a failure. */
export class Load {
    /** Good responses. */
    answered = 0;
    /** What went wrong, in order. */
    failures = [];
    /** From now on a refused connection ends its lane instead of counting as a failure. */
    mayRefuse = false;
    #options;
    #lanes = [];
    #sequence = 0;
    #stopping = false;
    constructor(options) {
        this.#options = options;
    }
    start() {
        for (let lane = 0; lane < this.#options.connections; lane++)
            this.#lanes.push(this.#run());
        return this;
    }
    /** Waits until that many more good responses came. Throws when failures make that unlikely. */
    async more(count) {
        const goal = this.answered + count;
        const deadline = performance.now() + 60_000;
        while (this.answered < goal) {
            if (performance.now() > deadline || this.failures.length > 1_000) {
                throw new Error(`only ${this.answered} of ${goal} responses; failures: ${this.failures.slice(0, 5).join('; ')}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
    }
    /** Lets each lane finish its request. */
    async stop() {
        this.#stopping = true;
        await Promise.all(this.#lanes);
    }
    async #run() {
        let client = null;
        let fresh = true;
        while (!this.#stopping) {
            try {
                if (!client) {
                    fresh = true;
                    client = await this.#connect();
                }
                if (!client)
                    return;
                const response = await client.request(this.#options.request(this.#sequence++));
                fresh = false;
                this.#judge(response);
                if (valuesOf(response.fields, 'connection').includes('close')) {
                    client.destroy();
                    client = null;
                }
            }
            catch (error) {
                // A connection that the kernel made but the gateway never accepted is as good as refused.
                if (this.mayRefuse && fresh && client?.closedHow === 'reset')
                    return client.destroy();
                this.failures.push(error instanceof Error ? error.message : String(error));
                client?.destroy();
                client = null;
            }
        }
        client?.destroy();
    }
    #judge(response) {
        const wrong = this.#options.wrong
            ? this.#options.wrong(response)
            : response.status === 200
                ? ''
                : `status ${response.status} ${response.body}`;
        if (wrong !== '')
            this.failures.push(wrong);
        else if (!response.complete)
            this.failures.push('body cut short');
        else
            this.answered++;
    }
    /** Null when the gateway is going away and says so by refusing. */
    async #connect() {
        try {
            return await RawClient.connect(this.#options.port);
        }
        catch (error) {
            if (this.mayRefuse)
                return null;
            throw error;
        }
    }
}
/** Runs `work` under load, then stops it, whatever happened. */
export async function underLoad(options, work) {
    const load = new Load(options).start();
    try {
        await work(load);
    }
    finally {
        await load.stop();
    }
    return load;
}
//# sourceMappingURL=load.js.map