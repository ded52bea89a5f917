/**
 * Keeps the addresses of the endpoints' names current: asks again when the time to live is over, keeps the last good
 * answer while nobody answers, and tells about changes.
 */
import { isIP } from 'node:net';
import type { AddressBook } from '../../shared/messages.ts';
import { Semaphore } from '../../shared/semaphore.ts';
import type { ControlLog } from '../log.ts';
import { HostsFile } from './hosts-file.ts';
import { type NameAnswer, NameLookup, type SystemLookup } from './name-lookup.ts';

/** Milliseconds; `servers` as `NameLookup` takes them. */
export interface ResolverSettings {
  readonly servers: readonly string[];
  readonly minTtl: number;
  readonly maxTtl: number;
}

export interface NameResolverOptions extends ResolverSettings {
  readonly log: ControlLog;
  /** The addresses of some name are others now. Changes that come together are told once. */
  onChange(addresses: AddressBook): void;
  /** For the names of `guard`. Default: no address is. */
  readonly isForbidden?: (address: string) => boolean;
  /** Default `/etc/hosts`. */
  readonly hostsFile?: string;
  /** Default getaddrinfo. */
  readonly systemLookup?: SystemLookup;
}

interface Entry {
  readonly name: string;
  addresses: readonly string[];
  /** When to ask again, `performance.now()`. */
  due: number;
  /** In a row. */
  failures: number;
  /** Why the last attempt failed; `''` if it did not. */
  error: string;
  running: Promise<void> | null;
}

/** What an answer without a TTL is worth. */
const DEFAULT_TTL = 30_000;
const FIRST_RETRY = 500;
const MAX_RETRY = 30_000;
const PARALLEL = 64;
/** Names that are due within this time are asked together. */
const GRANULARITY = 100;

export class NameResolver {
  readonly #options: NameResolverOptions;
  readonly #hosts: HostsFile;
  readonly #entries = new Map<string, Entry>();
  readonly #parallel = new Semaphore(PARALLEL);
  #guarded: ReadonlySet<string> = new Set();
  #settings: ResolverSettings;
  #lookup: NameLookup;
  #timer: NodeJS.Timeout | null = null;
  /** When the timer fires. */
  #wake = 0;
  #telling: NodeJS.Immediate | null = null;
  #stopped = false;

  constructor(options: NameResolverOptions) {
    this.#options = options;
    this.#settings = options;
    this.#hosts = new HostsFile(options.hostsFile);
    this.#lookup = new NameLookup(options.servers, this.#hosts, options.systemLookup);
  }

  /** New settings count from the next lookup of each name; other servers are asked for every name at once. */
  configure(settings: ResolverSettings): void {
    const sameServers = settings.servers.join() === this.#settings.servers.join();
    this.#settings = settings;
    if (sameServers) return;
    this.#lookup = new NameLookup(settings.servers, this.#hosts, this.#options.systemLookup);
    for (const entry of this.#entries.values()) entry.due = 0;
    this.#wakeAt(0);
  }

  /**
   * Takes up the names that are new and waits until each of them has an answer or has failed once, at most `timeout`
   * milliseconds. What is missing then is asked for again in the background. IP addresses among the names are ignored.
   */
  async resolveAll(names: Iterable<string>, timeout: number): Promise<AddressBook> {
    const pending: Promise<void>[] = [];
    for (const name of names) {
      if (isIP(stripBrackets(name)) !== 0) continue;
      let entry = this.#entries.get(name);
      if (entry === undefined) {
        entry = { name, addresses: [], due: 0, failures: 0, error: '', running: null };
        this.#entries.set(name, entry);
        void this.#refresh(entry);
      }
      if (entry.running !== null && entry.addresses.length === 0) pending.push(entry.running);
    }
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeout);
    });
    await Promise.race([Promise.all(pending), patience]);
    clearTimeout(timer);
    return this.addresses();
  }

  /** Forgets all other names. */
  retain(names: Iterable<string>): void {
    const keep = new Set(names);
    for (const name of this.#entries.keys()) if (!keep.has(name)) this.#entries.delete(name);
  }

  /** Names chosen by others than the operator: of these, addresses that `isForbidden` says so of are withheld. */
  guard(names: ReadonlySet<string>): void {
    this.#guarded = names;
  }

  addresses(): AddressBook {
    const book: Record<string, readonly string[]> = {};
    for (const entry of this.#entries.values()) {
      const addresses = this.#usable(entry);
      if (addresses.length > 0) book[entry.name] = addresses;
    }
    return book;
  }

  /** Addresses of a host of an endpoint, which may be an IP address; empty if it has none (yet). */
  addressesOf(host: string): readonly string[] {
    const literal = stripBrackets(host);
    if (isIP(literal) !== 0) return [literal];
    const entry = this.#entries.get(host);
    return entry === undefined ? [] : this.#usable(entry);
  }

  #usable({ name, addresses }: Entry): readonly string[] {
    const { isForbidden } = this.#options;
    if (isForbidden === undefined || !this.#guarded.has(name)) return addresses;
    return addresses.filter((address) => !isForbidden(address));
  }

  /** Addresses of any name, asked for now unless it is one of an endpoint. @throws NameError */
  async find(name: string): Promise<readonly string[]> {
    const known = this.addressesOf(name);
    if (known.length > 0) return known;
    return this.#parallel.run(async () => (await this.#lookup.resolve(name)).addresses);
  }

  /** Why the name could not be resolved the last time; `''` if it could. */
  errorOf(host: string): string {
    return this.#entries.get(host)?.error ?? '';
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#telling !== null) clearImmediate(this.#telling);
    this.#lookup.cancel();
  }

  #refresh(entry: Entry): Promise<void> {
    const lookup = this.#lookup;
    entry.running ??= this.#parallel
      .run(() => lookup.resolve(entry.name))
      .then(
        (answer) => this.#answered(entry, answer),
        (error: unknown) => this.#failed(entry, error),
      )
      .finally(() => {
        entry.running = null;
        // Asked of name servers that have been replaced meanwhile.
        if (lookup !== this.#lookup) entry.due = 0;
        this.#wakeAt(entry.due);
      });
    return entry.running;
  }

  #answered(entry: Entry, answer: NameAnswer): void {
    const { minTtl, maxTtl } = this.#settings;
    entry.due = performance.now() + Math.min(maxTtl, Math.max(minTtl, answer.ttl ?? DEFAULT_TTL));
    if (entry.failures > 0) this.#log('info', `${entry.name} resolves again`, entry, answer.addresses);
    entry.failures = 0;
    entry.error = '';
    // Name servers rotate their answers: another order alone is no change.
    if (sameMembers(entry.addresses, answer.addresses)) return;
    if (entry.addresses.length > 0) this.#log('info', `${entry.name} has moved`, entry, answer.addresses);
    entry.addresses = answer.addresses;
    this.#tell(entry);
  }

  #failed(entry: Entry, error: unknown): void {
    entry.error = error instanceof Error ? error.message : String(error);
    const delay = Math.min(MAX_RETRY, FIRST_RETRY * 2 ** Math.min(entry.failures, 10));
    // Spread out: a name server that comes back must not meet all names at once.
    entry.due = performance.now() + delay * (0.75 + Math.random() / 2);
    entry.failures++;
    if (entry.failures > 1) return;
    const rest = entry.addresses.length > 0 ? '; its last addresses stay in use' : '';
    this.#log('warn', `cannot resolve ${entry.name}: ${entry.error}${rest}`, entry, entry.addresses);
  }

  #log(level: 'info' | 'warn', message: string, entry: Entry, addresses: readonly string[]): void {
    if (this.#stopped || this.#entries.get(entry.name) !== entry) return;
    this.#options.log[level](message, { host: entry.name, addresses: addresses.join(', ') });
  }

  #tell(entry: Entry): void {
    if (this.#stopped || this.#entries.get(entry.name) !== entry) return;
    this.#telling ??= setImmediate(() => {
      this.#telling = null;
      this.#options.onChange(this.addresses());
    });
  }

  /** Makes sure that the timer fires no later than that. */
  #wakeAt(due: number): void {
    if (this.#stopped || (this.#timer !== null && this.#wake <= due)) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#wake = due;
    this.#timer = setTimeout(() => this.#refreshDue(), Math.max(GRANULARITY, due - performance.now()));
    this.#timer.unref();
  }

  #refreshDue(): void {
    this.#timer = null;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) {
      if (entry.running !== null) continue;
      if (entry.due <= now) void this.#refresh(entry);
      else next = Math.min(next, entry.due);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#wakeAt(next);
  }
}

function stripBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address) => b.includes(address));
}
