/** Thread entry of `upstream-threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { PROCESS_TIME_OFFSET } from '../../src/shared/process-time.js';
import { isProbe, REFUSED } from '../../src/upstream/admission.js';
import { UpstreamGroup } from '../../src/upstream/group.js';
import { cellsOf, contextOf } from './upstream-records.js';
const { worker, record, buffers, task, gate } = workerData;
const { endpoints, upstreams } = cellsOf(buffers, worker);
const group = new UpstreamGroup(record, endpoints, upstreams);
const context = contextOf();
const TASKS = {
    pick({ times }) {
        const counts = record.endpoints.map(() => 0);
        for (let i = 0; i < times; i++)
            counts[group.pick(context, null, performance.now())]++;
        return counts;
    },
    admit({ times }) {
        const counts = [0, 0, 0];
        for (let i = 0; i < times; i++) {
            const admission = group.admit(performance.now());
            counts[admission === REFUSED ? 2 : isProbe(admission) ? 1 : 0]++;
        }
        return counts;
    },
    probe({ forMs, ok }) {
        const end = performance.now() + forMs;
        let probes = 0;
        while (performance.now() < end) {
            const admission = group.admit(performance.now());
            if (admission === REFUSED)
                continue;
            if (isProbe(admission))
                probes++;
            group.settle(admission, ok, performance.now());
        }
        return [probes];
    },
    retry({ times, share }) {
        let allowed = 0;
        for (let i = 0; i < times; i++)
            if (group.mayRetry(share, performance.now()))
                allowed++;
        return [allowed];
    },
    fail({ times, endpoints: failing }) {
        for (let i = 0; i < times; i++)
            for (const index of failing)
                group.failed(index, performance.now());
        return [];
    },
    begin({ times, ended }) {
        for (const { slot } of record.endpoints) {
            for (let i = 0; i < times; i++)
                endpoints.begin(slot);
            for (let i = 0; i < ended; i++)
                endpoints.end(slot);
        }
        return [];
    },
    time() {
        return [performance.now() + PROCESS_TIME_OFFSET];
    },
};
Atomics.add(gate, 0, 1);
Atomics.wait(gate, 1, 0);
const run = TASKS[task.kind];
parentPort.postMessage(run(task));
//# sourceMappingURL=upstream-thread.js.map