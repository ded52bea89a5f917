/** Thread of the limit store's test: spends as much as it gets, from the moment the gate opens. */
import { parentPort, workerData } from 'node:worker_threads';
import { MemoryLimitStore } from '../../src/state/memory-limit-store.js';
/** Nothing is refilled and no window ends while the test runs. */
const REFILL_PER_SECOND = 1e-6;
const DAY_MS = 86_400_000;
const task = workerData;
const store = new MemoryLimitStore(task.memory);
const gate = new Int32Array(task.gate);
Atomics.add(gate, 0, 1);
Atomics.wait(gate, 1, 0, 20_000);
let allowed = 0;
for (let i = 0; i < task.calls; i++) {
    const key = `key${i % task.keys}`;
    const decision = task.algorithm === 'bucket'
        ? store.tokenBucket(key, task.limit, REFILL_PER_SECOND)
        : store.slidingWindow(key, task.limit, DAY_MS);
    if (decision.allowed)
        allowed++;
}
parentPort?.postMessage(allowed);
//# sourceMappingURL=limit-hammer.js.map