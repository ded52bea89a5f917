/** One worker thread without a gateway around it: the real code, and nothing else in its heap. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { workerSettings } from '../../src/config/settings.ts';
import { allocateSharedMemory } from '../../src/control/shared-memory.ts';
import { SlotAllocator } from '../../src/control/slots.ts';
import { compileSnapshot } from '../../src/routing/compile.ts';
import type { RouteSet } from '../../src/routing/model.ts';
import { EndpointCells } from '../../src/shared/endpoint-cells.ts';
import type {
  FromWorker,
  Generation,
  ToWorker,
  WorkerInit,
  WorkerSettings,
} from '../../src/shared/messages.ts';
import { UpstreamCells } from '../../src/shared/upstream-cells.ts';
import { loadYaml } from './config-files.ts';

export interface LoneWorkerOptions {
  /** Default: that of the gateway. */
  readonly entry?: URL;
  /** Megabytes; so much that nothing is collected while something is measured. */
  readonly youngGeneration?: number;
}

/** What a worker gets from such a configuration. */
export async function settingsOf(yaml = 'routes: []'): Promise<WorkerSettings> {
  return { ...workerSettings((await loadYaml(yaml)).config, '3f2a'), tls: null };
}

export class LoneWorker {
  readonly thread: Worker;
  readonly #settings: WorkerSettings;
  readonly #slots: SlotAllocator;
  #port = 0;
  #version = 0;

  /** Resolves when it serves the routes. */
  static async start(
    routeSet: RouteSet,
    settings: WorkerSettings,
    options: LoneWorkerOptions = {},
  ): Promise<LoneWorker> {
    const worker = new LoneWorker(routeSet, settings, options);
    const { port } = await worker.until<Extract<FromWorker, { type: 'listening' }>>('listening');
    worker.#port = port;
    return worker;
  }

  private constructor(
    routeSet: RouteSet,
    settings: WorkerSettings,
    { entry = new URL('../../src/worker/main.js', import.meta.url), youngGeneration }: LoneWorkerOptions,
  ) {
    const memory = allocateSharedMemory(1);
    this.#settings = settings;
    this.#slots = new SlotAllocator(
      new EndpointCells(memory.endpoints, -1),
      new UpstreamCells(memory.upstreams, -1),
    );
    const init: WorkerInit = {
      workerIndex: 0,
      workerCount: 1,
      pinCpus: false,
      directSockets: true,
      ioUring: true,
      engine: 'builtin',
      host: '127.0.0.1',
      port: 0,
      tlsPort: 0,
      memory,
      generation: this.generationOf(routeSet),
    };
    this.thread = new Worker(entry, {
      workerData: init,
      ...(youngGeneration !== undefined && { resourceLimits: { maxYoungGenerationSizeMb: youngGeneration } }),
    });
  }

  get port(): number {
    return this.#port;
  }

  generationOf(routeSet: RouteSet): Generation {
    const version = ++this.#version;
    const { buffer: snapshot } = compileSnapshot(this.#slots.assignSlots(routeSet, version), version);
    const ticketKeys = new Uint8Array(48);
    return {
      version,
      snapshot,
      settings: this.#settings,
      addresses: {},
      ticketKeys,
      credentials: {},
      transports: [],
    };
  }

  send(message: ToWorker): void {
    this.thread.postMessage(message);
  }

  /** @throws Error when the worker refuses a generation, or dies */
  async until<Message extends { readonly type: string } = FromWorker>(
    type: Message['type'],
  ): Promise<Message> {
    for (;;) {
      const [message] = (await once(this.thread, 'message')) as [FromWorker | Message];
      if (message.type === 'refuse')
        throw new Error((message as Extract<FromWorker, { type: 'refuse' }>).reason);
      if (message.type === type) return message as Message;
    }
  }

  async stop(): Promise<void> {
    await this.thread.terminate();
  }
}
