/** Runs one task on several worker threads at the same moment, all on the same cells. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
export async function runThreads(count, buffers, record, task) {
    const gate = new Int32Array(new SharedArrayBuffer(8));
    const running = Array.from({ length: count }, async (_, worker) => {
        const workerData = { worker, record, buffers, task, gate };
        const thread = new Worker(new URL('./upstream-thread.js', import.meta.url), { workerData });
        const [[result]] = (await Promise.all([once(thread, 'message'), once(thread, 'exit')]));
        return result;
    });
    while (Atomics.load(gate, 0) < count)
        await new Promise((resolve) => setTimeout(resolve, 1));
    Atomics.store(gate, 1, 1);
    Atomics.notify(gate, 1);
    return Promise.all(running);
}
/** Adds up the results of all threads, position by position. */
export function sumOf(results) {
    return results[0].map((_, at) => results.reduce((sum, result) => sum + result[at], 0));
}
//# sourceMappingURL=upstream-threads.js.map