export class WorkerReports {
    #options;
    #series;
    constructor(options) {
        this.#options = options;
        this.#series = options.memory.metrics.map((region) => options.metrics.attach(region));
    }
    receive(worker, message) {
        const { logger, status } = this.#options;
        switch (message.type) {
            case 'series':
                this.#series[worker]?.announce(message.series);
                break;
            case 'access':
                logger.writeAccess(message.lines);
                break;
            case 'log':
                logger.log(message.level, message.message, message.fields);
                break;
            case 'ack':
                status.plugins = message.plugins;
                break;
            default:
            // The rest are answers, which the worker's thread object waits for.
        }
    }
    /** The thread is gone: keeps its counts, forgets what it had in flight, makes its memory ready for a successor. */
    bury(worker) {
        const { memory, metrics, endpointCells, upstreamCells } = this.#options;
        endpointCells.clearWorker(worker);
        upstreamCells.clearWorker(worker);
        this.#series[worker]?.retire();
        this.#series[worker] = metrics.attach(memory.metrics[worker]);
    }
}
//# sourceMappingURL=worker-reports.js.map