/** Takes in what the workers say: numbers, log lines, plugins; and cleans up behind those that died. */
import type { EndpointCells } from '../shared/endpoint-cells.ts';
import type { SharedMemory } from '../shared/memory.ts';
import type { FromWorker } from '../shared/messages.ts';
import type { UpstreamCells } from '../shared/upstream-cells.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { MetricsStore, WorkerSeries } from '../telemetry/metrics-store.ts';
import type { GatewayStatus } from './status.ts';

export interface WorkerReportsOptions {
  readonly memory: SharedMemory;
  readonly metrics: MetricsStore;
  readonly status: GatewayStatus;
  readonly logger: Logger;
  readonly endpointCells: EndpointCells;
  readonly upstreamCells: UpstreamCells;
}

export class WorkerReports {
  readonly #options: WorkerReportsOptions;
  readonly #series: WorkerSeries[];

  constructor(options: WorkerReportsOptions) {
    this.#options = options;
    this.#series = options.memory.metrics.map((region) => options.metrics.attach(region));
  }

  receive(worker: number, message: FromWorker): void {
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
  bury(worker: number): void {
    const { memory, metrics, endpointCells, upstreamCells } = this.#options;
    endpointCells.clearWorker(worker);
    upstreamCells.clearWorker(worker);
    this.#series[worker]?.retire();
    this.#series[worker] = metrics.attach(memory.metrics[worker]!);
  }
}
