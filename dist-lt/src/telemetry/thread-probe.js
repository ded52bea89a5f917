/** Worker side: how busy the thread is, as gauges. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
const INTERVAL_MS = 5_000;
/** Coarse: a finer one wakes an idle thread more often than the number is worth. */
const DELAY_RESOLUTION_MS = 50;
export class ThreadProbe {
    #utilization;
    #delay;
    #heapUsed;
    #delays;
    #timer;
    #before = performance.eventLoopUtilization();
    /** Measures until `stop`; does not keep the thread alive. */
    constructor(recorder, workerIndex, intervalMs = INTERVAL_MS) {
        const labels = { worker: String(workerIndex) };
        this.#utilization = recorder.gauge('octopus_worker_event_loop_utilization', labels);
        this.#delay = recorder.gauge('octopus_worker_event_loop_delay_seconds', labels);
        this.#heapUsed = recorder.gauge('octopus_worker_heap_used_bytes', labels);
        this.#delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
        this.#delays.enable();
        this.#timer = setInterval(() => this.#measure(), intervalMs);
        this.#timer.unref();
        this.#heapUsed.set(getHeapStatistics().used_heap_size);
    }
    stop() {
        clearInterval(this.#timer);
        this.#delays.disable();
    }
    #measure() {
        const now = performance.eventLoopUtilization();
        this.#utilization.set(performance.eventLoopUtilization(now, this.#before).utilization);
        this.#before = now;
        // The histogram holds the time between two ticks of its timer, the resolution included; nothing is recorded at first.
        this.#delay.set(Math.max(0, this.#delays.max / 1e9 - DELAY_RESOLUTION_MS / 1e3));
        this.#delays.reset();
        this.#heapUsed.set(getHeapStatistics().used_heap_size);
    }
}
//# sourceMappingURL=thread-probe.js.map