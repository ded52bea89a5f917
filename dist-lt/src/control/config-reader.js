/**
 * Reads the configuration in a thread that ends with the reading. The process gets back what the YAML parser and the
 * schemas occupy; 100,000 routes take seconds, in which the primary goes on answering; and modules of plugins, which
 * have to be imported for their schemas, neither pile up with each reload nor run anything in the primary.
 */
import { Worker } from 'node:worker_threads';
import { restoreEnvironmentPaths } from '../config/redact.js';
const THREAD = new URL('./config-reader-thread.js', import.meta.url);
/** A plugin's module can wait for something that never comes. Milliseconds. */
const PATIENCE = 60_000;
/** @throws Error when the thread fails: a plugin's module that ends it, throws outside of its import, or never gets done */
export async function readInThread(source, patience = PATIENCE) {
    // `process.env` is no plain object and cannot be sent.
    const worker = new Worker(THREAD, {
        workerData: { ...source, env: { ...source.env } },
        name: 'config-reader',
    });
    try {
        const read = await answerOf(worker, patience);
        if (read.ok)
            restoreEnvironmentPaths(read.loaded.config, read.environmentPaths);
        return read;
    }
    finally {
        await worker.terminate();
    }
}
function answerOf(worker, patience) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
            reject(new Error(`reading the configuration took longer than ${patience / 1000} s`));
        }, patience);
        worker.once('message', resolve);
        // Also for what comes after the answer: it must not end the process.
        worker.on('error', reject);
        worker.once('exit', (code) => {
            clearTimeout(timer);
            reject(new Error(`reading the configuration ended early with code ${code}`));
        });
    });
}
//# sourceMappingURL=config-reader.js.map