/**
 * Reads the configuration in a thread that lives only as long as it is needed. The YAML parser, the schemas and what
 * they leave behind cost 18 MB, which the process gets back; 100,000 routes take seconds, in which the primary goes on
 * answering; and modules of plugins, which have to be imported for their schemas, do not pile up with each reload.
 */
import type { Piscina } from 'piscina';
import { restoreEnvironmentPaths } from '../config/redact.ts';
import type { ConfigSource, ReadConfig } from './config-loader.ts';
import { rememberTls } from './tls/material.ts';

/** Whoever edits a configuration saves it more than once. Milliseconds. */
const IDLE_TIMEOUT = 3_000;

export class ConfigReader {
  #pool: Promise<Piscina<ConfigSource, ReadConfig>> | null = null;

  /** @throws Error when the thread dies of it: too little memory, or a plugin's module that ends it */
  async read(source: ConfigSource): Promise<ReadConfig> {
    this.#pool ??= createPool();
    const pool = await this.#pool;
    // `process.env` is no plain object and could not be sent.
    const read = await pool.run({ ...source, env: { ...source.env } });
    if (read.ok) {
      restoreEnvironmentPaths(read.loaded.config, read.environmentPaths);
      rememberTls(read.loaded.config, read.tls);
    }
    return read;
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    await (await pool)?.destroy();
  }
}

async function createPool(): Promise<Piscina<ConfigSource, ReadConfig>> {
  const { Piscina } = await import('piscina');
  return new Piscina<ConfigSource, ReadConfig>({
    filename: new URL('./config-loader.js', import.meta.url).href,
    name: 'readConfig',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_TIMEOUT,
  });
}
