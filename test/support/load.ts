import { RawClient } from './raw-client.ts';
import { valuesOf, type WireResponse } from './wire.ts';

export interface LoadOptions {
  readonly port: number;
  /** Keep-alive connections, each with one request at a time. */
  readonly connections: number;
  /** The bytes of the next request. */
  readonly request: (sequence: number) => string;
  /** What is wrong with a response; empty when nothing is. Default: any status but 200. */
  readonly wrong?: (response: WireResponse) => string;
}

/** A closed-loop load generator that counts everything that is not a good response as a failure. */
export class Load {
  /** Good responses. */
  answered = 0;
  /** What went wrong, in order. */
  readonly failures: string[] = [];
  /** From now on a refused connection ends its lane instead of counting as a failure. */
  mayRefuse = false;
  /** Connections that were made and reset before they got an answer, while they might be refused. */
  reset = 0;
  readonly #options: LoadOptions;
  readonly #lanes: Promise<void>[] = [];
  #sequence = 0;
  #stopping = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): this {
    for (let lane = 0; lane < this.#options.connections; lane++) this.#lanes.push(this.#run());
    return this;
  }

  /** Waits until that many more good responses came. Throws when failures make that unlikely. */
  async more(count: number): Promise<void> {
    const goal = this.answered + count;
    const deadline = performance.now() + 60_000;
    while (this.answered < goal) {
      if (performance.now() > deadline || this.failures.length > 1_000) {
        throw new Error(
          `only ${this.answered} of ${goal} responses; failures: ${this.failures.slice(0, 5).join('; ')}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Lets each lane finish its request. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#lanes);
  }

  async #run(): Promise<void> {
    let client: RawClient | null = null;
    let fresh = true;
    while (!this.#stopping) {
      try {
        if (!client) {
          fresh = true;
          client = await this.#connect();
        }
        if (!client) return;
        const response = await client.request(this.#options.request(this.#sequence++));
        fresh = false;
        this.#judge(response);
        if (valuesOf(response.fields, 'connection').includes('close')) {
          client.destroy();
          client = null;
        }
      } catch (error) {
        // A connection that the kernel made but the gateway never accepted is as good as refused.
        if (this.mayRefuse && fresh && client?.closedHow === 'reset') {
          this.reset++;
          return client.destroy();
        }
        this.failures.push(error instanceof Error ? error.message : String(error));
        client?.destroy();
        client = null;
      }
    }
    client?.destroy();
  }

  #judge(response: WireResponse): void {
    const wrong = this.#options.wrong
      ? this.#options.wrong(response)
      : response.status === 200
        ? ''
        : `status ${response.status} ${response.body}`;
    if (wrong !== '') this.failures.push(wrong);
    else if (!response.complete) this.failures.push('body cut short');
    else this.answered++;
  }

  /** Null when the gateway is going away and says so by refusing. */
  async #connect(): Promise<RawClient | null> {
    try {
      return await RawClient.connect(this.#options.port);
    } catch (error) {
      if (this.mayRefuse) return null;
      throw error;
    }
  }
}

/** Runs `work` under load, then stops it, whatever happened. */
export async function underLoad(options: LoadOptions, work: (load: Load) => Promise<void>): Promise<Load> {
  const load = new Load(options).start();
  try {
    await work(load);
  } finally {
    await load.stop();
  }
  return load;
}
