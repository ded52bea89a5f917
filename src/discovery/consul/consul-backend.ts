/**
 * Consul: the names of all services, then the instances of each with their checks, by questions that the agent holds until
 * something changes.
 */
import type { BackendSettings } from '../../config/schema/discovery.ts';
import { listOf, objectOf } from '../../shared/json.ts';
import { Semaphore } from '../../shared/semaphore.ts';
import type { Backend, Entry, Session } from '../backend.ts';
import { pause } from '../pause.ts';
import { ConsulClient, TooManyRequests } from './consul-client.ts';
import { readService } from './read-service.ts';
import { type Look, ServiceWatches } from './service-watches.ts';

/** The first list is fetched with this many questions at once. */
const PARALLEL = 32;
/** A service that changes all the time is not asked for more often. Milliseconds. */
const LEAST_PAUSE = 20;
/** When the agent gives no index, or takes no more connections. */
const LONG_PAUSE = 1_000;
/** The servers of Consul register themselves: they serve nobody's requests. */
const OWN_SERVICE = 'consul';

export class ConsulBackend implements Backend {
  readonly #settings: BackendSettings['consul'];
  /** For single keys; watches have clients of their own, which end with them. */
  #reader: ConsulClient | null = null;

  constructor(settings: BackendSettings['consul']) {
    this.#settings = settings;
  }

  async watch(session: Session): Promise<void> {
    const client = new ConsulClient(this.#settings);
    try {
      await new ConsulWatch(client, this.#settings, session).run();
    } finally {
      await client.close();
    }
  }

  async read(key: string): Promise<Uint8Array | null> {
    this.#reader ??= new ConsulClient(this.#settings);
    return this.#reader.value(key);
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }
}

class ConsulWatch {
  readonly #client: ConsulClient;
  readonly #settings: BackendSettings['consul'];
  readonly #session: Session;

  constructor(client: ConsulClient, settings: BackendSettings['consul'], session: Session) {
    this.#client = client;
    this.#settings = settings;
    this.#session = session;
  }

  async run(): Promise<void> {
    const session = this.#session;
    const { signal } = session;
    const { watches, wait } = this.#settings;
    const { names, index } = await this.#names(0, session.signal);
    const known = new Map<string, number>();
    const entries: Entry[] = [];
    const parallel = new Semaphore(Math.min(PARALLEL, watches));
    const first = async (name: string): Promise<void> => {
      const answer = await this.#instances(name, 0, 0, signal);
      known.set(name, answer.index);
      entries.push(answer.entry);
    };
    await Promise.all(names.map((name) => parallel.run(() => first(name))));
    session.replace(entries);

    const all = new ServiceWatches(this.#look(), { most: watches, wait, signal });
    for (const [name, at] of known) all.add(name, at);
    await Promise.all([this.#followNames(index, new Set(names), all), all.run()]);
  }

  async #followNames(index: number, known: Set<string>, all: ServiceWatches): Promise<void> {
    const session = this.#session;
    while (!session.signal.aborted) {
      const answer = await this.#names(index, session.signal);
      const pauseFor = answer.index === 0 ? LONG_PAUSE : LEAST_PAUSE;
      index = nextIndex(index, answer.index);
      for (const name of answer.names) {
        if (known.has(name)) continue;
        known.add(name);
        all.add(name, 0);
      }
      const present = new Set(answer.names);
      for (const name of known) {
        if (present.has(name)) continue;
        known.delete(name);
        all.remove(name);
        session.delete(name);
      }
      await pause(pauseFor, session.signal);
    }
  }

  #look(): Look {
    const session = this.#session;
    const turnedAway = new Set<string>();
    return async (name, index, wait, signal) => {
      try {
        const answer = await this.#instances(name, index, wait, signal);
        // What was aborted meanwhile may be about a service that is gone.
        if (signal.aborted) return index;
        turnedAway.delete(name);
        if (turnedAway.size === 0) session.trouble('');
        if (answer.index !== index) session.set(answer.entry);
        await pause(answer.index === 0 ? LONG_PAUSE : LEAST_PAUSE, signal);
        return nextIndex(index, answer.index);
      } catch (error) {
        if (!(error instanceof TooManyRequests) || signal.aborted) throw error;
        turnedAway.add(name);
        session.trouble(`${error.message}; lower discovery.consul.watches or raise the limit of the agent`);
        await pause(LONG_PAUSE, signal);
        return index;
      }
    };
  }

  async #names(index: number, signal: AbortSignal): Promise<{ names: readonly string[]; index: number }> {
    const { wait, tags } = this.#settings;
    const answer = await this.#client.ask('/v1/catalog/services', [], { index, wait, signal });
    const names = Object.entries(objectOf(answer.body)).flatMap(([name, own]) => {
      const hasTags = tags.every((tag) => listOf(own).includes(tag));
      return name !== OWN_SERVICE && hasTags ? [name] : [];
    });
    return { names, index: answer.index };
  }

  async #instances(
    name: string,
    index: number,
    wait: number,
    signal: AbortSignal,
  ): Promise<{ entry: Entry; index: number }> {
    const { tags, health } = this.#settings;
    const parameters: [string, string][] = tags.map((tag) => ['tag', tag]);
    if (health === 'passing') parameters.push(['passing', '1']);
    const path = `/v1/health/service/${encodeURIComponent(name)}`;
    const answer = await this.#client.ask(path, parameters, { index, wait, signal });
    return { entry: readService(name, answer.body), index: answer.index };
  }
}

/**
 * What to ask with the next time. An index that went back (the cluster was restored from a snapshot) says nothing: 0 asks
 * for what is. Without any index, 1 at least makes the agent wait where it can.
 */
function nextIndex(before: number, answered: number): number {
  if (answered === 0) return 1;
  return answered < before ? 0 : answered;
}
