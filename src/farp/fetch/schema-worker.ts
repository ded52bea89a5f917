/**
 * Work on schemas that would hold the control plane up: YAML, and hashes over canonical forms. Done in a thread that lives
 * only as long as it is needed, with a bound on time and memory, as the document may be made to exhaust both.
 */
import type { Piscina } from 'piscina';
import type { HashForm } from '../manifest/schema-hash.ts';
import { FetchError } from './fetch-error.ts';
import type { SchemaTask, SchemaTaskResult } from './schema-tasks.ts';

/** Whoever changes a service tends to do so again. Milliseconds. */
const IDLE_TIMEOUT = 3_000;
const TIMEOUT = 10_000;
const MEMORY_MB = 512;

export class SchemaWorker {
  #pool: Promise<Piscina<SchemaTask, SchemaTaskResult>> | null = null;

  /** @throws FetchError when it is no YAML, or takes too much */
  async yamlToJson(body: Buffer): Promise<string> {
    const result = await this.#run({ kind: 'yaml', body });
    return result.kind === 'yaml' ? result.json : '';
  }

  /** @returns null when it is the hash of no form of the body */
  async hashForm(body: Buffer, stated: string): Promise<HashForm | null> {
    const result = await this.#run({ kind: 'hash', body, stated });
    return result.kind === 'hash' ? result.form : null;
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await (await pool)?.destroy();
  }

  async #run(task: SchemaTask): Promise<SchemaTaskResult> {
    this.#pool ??= createPool();
    const pool = await this.#pool;
    let result: SchemaTaskResult;
    try {
      result = await pool.run(task, { signal: AbortSignal.timeout(TIMEOUT) });
    } catch (error) {
      throw new FetchError('invalid', `cannot be read: ${(error as Error).message}`);
    }
    if (result.kind === 'fault') throw new FetchError('invalid', result.message);
    return result;
  }
}

async function createPool(): Promise<Piscina<SchemaTask, SchemaTaskResult>> {
  const { Piscina } = await import('piscina');
  return new Piscina<SchemaTask, SchemaTaskResult>({
    filename: new URL('./schema-tasks.js', import.meta.url).href,
    name: 'runSchemaTask',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_TIMEOUT,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
}
