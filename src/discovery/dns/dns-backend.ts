/**
 * Services that stand in DNS: the records of each are asked for again when their time to live is over. A name that does
 * not exist is a service without instances; name servers that do not answer change nothing.
 */
import type { BackendSettings } from '../../config/schema/discovery.ts';
import { Semaphore } from '../../shared/semaphore.ts';
import type { Backend, Entry, Session } from '../backend.ts';
import { DEFAULT_PACE, retryPause } from '../pace.ts';
import { pause } from '../pause.ts';
import { reasonOf } from '../reason.ts';
import { DnsClient } from './dns-client.ts';
import { type DnsService, lookUp } from './lookup.ts';
import { TargetCache } from './targets.ts';

const PARALLEL = 64;

export class DnsBackend implements Backend {
  readonly #settings: BackendSettings['dns'];
  /** Over all watches: what one does not get to know is as it was. */
  readonly #last = new Map<DnsService, Entry>();

  constructor(settings: BackendSettings['dns']) {
    this.#settings = settings;
  }

  async watch(session: Session): Promise<void> {
    const { services, servers } = this.#settings;
    const names = new NameWatch(new DnsClient(servers, session.signal), this.#settings, this.#last, session);
    const first = await Promise.all(services.map((service) => names.ask(service)));
    names.complain();
    session.replace(this.#last.values());
    // Ends with the first that rejects: that is when no name can be looked up any more.
    await Promise.all(services.map((service, index) => names.follow(service, first[index]!)));
  }
}

class NameWatch {
  readonly #client: DnsClient;
  readonly #targets: TargetCache;
  readonly #settings: BackendSettings['dns'];
  readonly #last: Map<DnsService, Entry>;
  readonly #session: Session;
  readonly #parallel = new Semaphore(PARALLEL);
  /** Why, and how often in a row. */
  readonly #failing = new Map<DnsService, { readonly reason: string; readonly times: number }>();

  constructor(
    client: DnsClient,
    settings: BackendSettings['dns'],
    last: Map<DnsService, Entry>,
    session: Session,
  ) {
    this.#client = client;
    this.#targets = new TargetCache(client);
    this.#settings = settings;
    this.#last = last;
    this.#session = session;
  }

  /** @returns when to ask again, in milliseconds from now */
  async ask(service: DnsService): Promise<number> {
    try {
      const { entry, ttl } = await this.#parallel.run(() => lookUp(this.#client, this.#targets, service));
      this.#last.set(service, entry);
      this.#failing.delete(service);
      // RFC 2308: "there is nothing" is not to be kept when nobody says for how long.
      const { min_ttl: least, max_ttl: most } = this.#settings;
      return Math.min(most, Math.max(least, (ttl ?? 0) * 1_000));
    } catch (error) {
      const times = (this.#failing.get(service)?.times ?? 0) + 1;
      this.#failing.set(service, { reason: reasonOf(error), times });
      return retryPause({ ...DEFAULT_PACE, firstRetry: this.#settings.min_ttl }, times);
    }
  }

  /** Asks again and again. @param due milliseconds until then */
  async follow(service: DnsService, due: number): Promise<void> {
    const { signal } = this.#session;
    while (!signal.aborted) {
      await pause(due, signal);
      if (signal.aborted) return;
      due = await this.ask(service);
      this.complain();
      const entry = this.#last.get(service);
      if (entry !== undefined && !this.#failing.has(service)) this.#session.set(entry);
    }
  }

  /** @throws Error when no name can be looked up: the whole backend is away */
  complain(): void {
    if (this.#session.signal.aborted) return;
    const [one] = this.#failing.values();
    const others = this.#failing.size - 1;
    if (one !== undefined && this.#failing.size === this.#settings.services.length)
      throw new Error(one.reason);
    const more = others > 0 ? ` (and ${others} other names)` : '';
    this.#session.trouble(one === undefined ? '' : `${one.reason}${more}`);
  }
}
