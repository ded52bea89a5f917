import { FetchError } from './fetch-error.js';
/** Whoever changes a service tends to do so again. Milliseconds. */
const IDLE_TIMEOUT = 3_000;
const TIMEOUT = 10_000;
const MEMORY_MB = 512;
export class SchemaWorker {
    #pool = null;
    /** @throws FetchError when it is no YAML, or takes too much */
    async yamlToJson(body) {
        const result = await this.#run({ kind: 'yaml', body });
        return result.kind === 'yaml' ? result.json : '';
    }
    /** @returns null when it is the hash of no form of the body */
    async hashForm(body, stated) {
        const result = await this.#run({ kind: 'hash', body, stated });
        return result.kind === 'hash' ? result.form : null;
    }
    async close() {
        const pool = this.#pool;
        this.#pool = null;
        await (await pool)?.destroy();
    }
    async #run(task) {
        this.#pool ??= createPool();
        const pool = await this.#pool;
        let result;
        try {
            result = await pool.run(task, { signal: AbortSignal.timeout(TIMEOUT) });
        }
        catch (error) {
            throw new FetchError('invalid', `cannot be read: ${error.message}`);
        }
        if (result.kind === 'fault')
            throw new FetchError('invalid', result.message);
        return result;
    }
}
async function createPool() {
    const { Piscina } = await import('piscina');
    return new Piscina({
        filename: new URL('./schema-tasks.js', import.meta.url).href,
        name: 'runSchemaTask',
        minThreads: 0,
        maxThreads: 1,
        idleTimeout: IDLE_TIMEOUT,
        resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
}
//# sourceMappingURL=schema-worker.js.map