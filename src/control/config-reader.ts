/**
 * Reads the configuration in a thread that ends soon after. The process gets back what the YAML parser and the schemas
 * occupy; 100,000 routes take seconds, in which the primary goes on answering; and modules of plugins, which have to be
 * imported for their schemas, neither pile up with each reload nor run anything in the primary.
 */
import { Worker } from 'node:worker_threads';
import { restoreEnvironmentPaths } from '../config/redact.ts';
import type { ConfigSource, ReadConfig } from './config-loader.ts';
import { rememberTls } from './tls/material.ts';

const THREAD = new URL('./config-reader-thread.js', import.meta.url);

/** A plugin's module can wait for something that never comes. Milliseconds. */
const PATIENCE = 60_000;

/** How long a thread waits for the next reload: a start costs 0.2 s of CPU, its memory is 17 MB. Milliseconds. */
const LINGER = 3_000;

export class ConfigReader {
  #idle: Worker | null = null;
  #end: NodeJS.Timeout | undefined;
  readonly #linger: number;

  /** @param linger for how many milliseconds the thread waits for a next reading; 0 ends it with the first */
  constructor(linger = LINGER) {
    this.#linger = linger;
  }

  /** @throws Error when the thread fails: a plugin's module that ends it, throws outside of its import, or never gets done */
  async read(source: ConfigSource, patience = PATIENCE): Promise<ReadConfig> {
    const worker = this.#take() ?? new Worker(THREAD, { name: 'config-reader' });
    let isReusable = false;
    try {
      // `process.env` is no plain object and cannot be sent.
      worker.postMessage({ ...source, env: { ...source.env } });
      const read = await answerOf(worker, patience);
      isReusable = read.ok && read.loaded.config.plugins.every(({ path }) => path === undefined);
      if (read.ok) {
        restoreEnvironmentPaths(read.loaded.config, read.environmentPaths);
        rememberTls(read.loaded.config, read.tls);
      }
      return read;
    } finally {
      if (isReusable && this.#linger > 0 && this.#idle === null) this.#keep(worker);
      else await worker.terminate();
    }
  }

  close(): void {
    void this.#take()?.terminate();
  }

  #take(): Worker | null {
    clearTimeout(this.#end);
    const worker = this.#idle;
    this.#idle = null;
    worker?.removeAllListeners('exit').ref();
    return worker;
  }

  /** Not with plugins of the user's: Node.js would go on with the first version of what their modules import. */
  #keep(worker: Worker): void {
    this.#idle = worker;
    worker.unref();
    worker.once('exit', () => {
      if (this.#idle === worker) this.#idle = null;
    });
    this.#end = setTimeout(() => this.close(), this.#linger).unref();
  }
}

function answerOf(worker: Worker, patience: number): Promise<ReadConfig> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('exit', onExit);
    };
    const onMessage = (read: ReadConfig): void => {
      done();
      resolve(read);
    };
    const onExit = (code: number): void => {
      done();
      reject(new Error(`reading the configuration ended early with code ${code}`));
    };
    const timer = setTimeout(() => {
      done();
      reject(new Error(`reading the configuration took longer than ${patience / 1000} s`));
    }, patience);
    worker.on('message', onMessage).on('exit', onExit);
    // Stays: what comes after the answer must not end the process.
    worker.removeAllListeners('error').on('error', reject);
  });
}
