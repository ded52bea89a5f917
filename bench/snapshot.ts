/**
 * Building a snapshot in the primary, and the pause of a worker that changes over to it: the time its event loop is
 * busy, from the message with the new generation to its answer that it serves it. The budget is 1 ms for 100,000 routes.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { allocateSharedMemory } from '../src/control/shared-memory.ts';
import { compileSnapshot } from '../src/routing/compile.ts';
import type { RouteSet } from '../src/routing/model.ts';
import type { FromWorker, Generation, ToWorker, WorkerInit } from '../src/shared/messages.ts';
import { routeOf } from '../test/support/route-records.ts';
import { upstreamOf } from '../test/support/upstream-records.ts';
import { loadSettings } from './support/exchange.ts';
import { timed } from './support/measure.ts';
import { apiPaths } from './support/routes.ts';

const SIZES = [100, 10_000, 100_000];
const SWAPS = 20;
const PAUSE_BUDGET_MS = 1;

const settings = await loadSettings();
let version = 0;

function generationOf(snapshot: SharedArrayBuffer): Generation {
  const ticketKeys = new Uint8Array(48);
  return {
    version: ++version,
    snapshot,
    settings,
    addresses: {},
    ticketKeys,
    credentials: {},
    transports: [],
  };
}

class Subject {
  readonly #worker: Worker;

  /** Resolves when the worker listens. */
  static async start(generation: Generation): Promise<Subject> {
    const init: WorkerInit = {
      workerIndex: 0,
      workerCount: 1,
      engine: 'builtin',
      host: '127.0.0.1',
      port: 0,
      tlsPort: 0,
      memory: allocateSharedMemory(1),
      generation,
    };
    const worker = new Worker(new URL('../src/worker/main.js', import.meta.url), { workerData: init });
    const subject = new Subject(worker);
    await subject.#until('listening');
    return subject;
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** @returns milliseconds that the event loop of the worker was busy */
  async swap(generation: Generation): Promise<number> {
    const { performance } = this.#worker;
    const before = performance.eventLoopUtilization();
    const prepared = this.#until('prepared');
    this.#send({ type: 'prepare', generation });
    await prepared;
    const acknowledged = this.#until('ack');
    this.#send({ type: 'commit', version: generation.version });
    await acknowledged;
    // What the worker leaves for after its answer belongs to it too.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return performance.eventLoopUtilization(before).active;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  async #until(type: FromWorker['type']): Promise<void> {
    for (;;) {
      const [message] = (await once(this.#worker, 'message')) as [FromWorker];
      if (message.type === 'refuse') throw new Error(message.reason);
      if (message.type === type) return;
    }
  }
}

let over = false;
for (const size of SIZES) {
  const routes = apiPaths(size).map((path) => routeOf(path, { methods: ['GET'] }));
  const routeSet: RouteSet = { routes, upstreams: [upstreamOf([1], { name: 'main' })], plugins: [] };
  const compile = () => timed(() => compileSnapshot(routeSet, version).buffer);
  const [first] = compile();
  const builds: number[] = [];
  const pauses: number[] = [];
  const subject = await Subject.start(generationOf(first));
  for (let i = 0; i < SWAPS; i++) {
    const [buffer, ms] = compile();
    builds.push(ms);
    pauses.push(await subject.swap(generationOf(buffer)));
  }
  await subject.stop();
  builds.sort((a, b) => a - b);
  pauses.sort((a, b) => a - b);
  const [best = 0] = pauses;
  const median = pauses[SWAPS >> 1]!;
  if (median > PAUSE_BUDGET_MS) over = true;
  console.log(
    `${String(size).padStart(7)} routes: built in ${builds[SWAPS >> 1]!.toFixed(1)} ms ` +
      `(${((builds[0]! * 1e6) / size).toFixed(0)} ns per route at best), ${(first.byteLength / size).toFixed(0)} bytes each; ` +
      `pause of the worker ${median.toFixed(2)} ms (best ${best.toFixed(2)})`,
  );
}
if (over) console.log(`over the budget of ${PAUSE_BUDGET_MS} ms`);
process.exitCode = over ? 1 : 0;
