/**
 * The services that registered themselves. Knows who owns what, drops what is gone, publishes the rest; everything that
 * is said over the wire is in `push-api.ts`.
 */
import type { InstanceStatus, Provider, ProviderSink } from '../../discovery/provider.ts';
import { Entry } from './entry.ts';
import type { RegistryLog } from './log.ts';
import { owns, type Principal } from './principal.ts';
import type { Registration } from './registration.ts';
import type { PushSettings } from './settings.ts';
import type { StateFile } from './state-file.ts';
import { Sweeper } from './sweeper.ts';

export interface RegistryOptions {
  readonly settings: PushSettings;
  readonly log: RegistryLog;
  /** Null: registrations end with the process. */
  readonly state: StateFile | null;
  /** Milliseconds that never go back. Default `performance.now`. */
  readonly now?: () => number;
  /** Whether something accepts connections there. Default a TCP connection. */
  readonly probe?: (host: string, port: number) => Promise<boolean>;
  readonly onEvent?: (event: RegistryEvent) => void;
}

export type RegistryEvent = 'registered' | 'updated' | 'deregistered' | 'evicted' | 'refused' | 'heartbeat';

/** Why something cannot be done, for whoever asked. */
export class RegistryRefusal extends Error {
  readonly kind: 'not-found' | 'forbidden' | 'ambiguous' | 'full';

  constructor(kind: RegistryRefusal['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Bounds of what anybody can make the gateway remember. */
const MAX_INSTANCES = 10_000;
const MAX_WEIGHT = 256 * 1024 * 1024;

export class PushRegistry implements Provider {
  readonly name = 'push';
  readonly #entries = new Map<string, Entry>();
  readonly #options: RegistryOptions;
  readonly #sweeper: Sweeper;
  readonly #now: () => number;
  #settings: PushSettings;
  #sink: ProviderSink | null = null;
  #telling: NodeJS.Immediate | null = null;
  #weight = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#now = options.now ?? (() => performance.now());
    this.#sweeper = new Sweeper({
      entries: this.#entries,
      now: this.#now,
      ...(options.probe && { probe: options.probe }),
      drop: (entry, reason) => this.#evict(entry, reason),
      changed: () => this.#changed(),
    });
  }

  get settings(): PushSettings {
    return this.#settings;
  }

  get size(): number {
    return this.#entries.size;
  }

  configure(settings: PushSettings): void {
    this.#settings = settings;
    this.#sweeper.configure(settings);
  }

  /** Takes up what the state file has kept; then publishes. Called again, it goes on with another listener. */
  start(sink: ProviderSink): void {
    if (this.#sink === null) {
      this.#options.state?.load(this.#settings, this.#now()).forEach((entry) => {
        if (!this.#entries.has(entry.registration.id)) this.#put(entry);
      });
      this.#sweeper.start(this.#settings);
    }
    this.#sink = sink;
    sink.publish(this.#published());
  }

  async close(): Promise<void> {
    this.#sink = null;
    this.#sweeper.stop();
    if (this.#telling !== null) clearImmediate(this.#telling);
    await this.#options.state?.close();
  }

  /** Resolves when what was registered so far would survive the end of the process, if it is to. */
  async saved(): Promise<void> {
    await this.#options.state?.saved();
  }

  /** The sweep that otherwise runs by itself. */
  sweep(): Promise<void> {
    return this.#sweeper.sweep();
  }

  /** @throws RegistryRefusal */
  register(registration: Registration, principal: Principal, peer: string): Entry {
    const known = this.#entries.get(registration.id);
    if (known !== undefined && !owns(principal, known.owner)) this.#refuse('forbidden', OTHERS);
    const entry = this.#renewed(registration, principal, peer, known);
    const replaced = known ?? this.#staleAt(entry, principal);
    const growth = entry.weight - (replaced?.weight ?? 0);
    const isFull = replaced === undefined && this.#entries.size >= MAX_INSTANCES;
    if (isFull || (growth > 0 && this.#weight + growth > MAX_WEIGHT))
      this.#refuse('full', 'the gateway holds as many registrations as it can');
    if (replaced !== undefined && replaced !== known) this.#remove(replaced);
    this.#put(entry);
    this.#changed();
    const { id, service, host, port } = entry.registration;
    this.#tell(known === undefined ? 'registered' : 'updated');
    this.#options.log(known === undefined ? 'info' : 'debug', 'service registered', {
      ...{ service, instance: id, address: `${host}:${port}`, owner: principal.owner },
      ...(replaced !== undefined && replaced !== known ? { replaces: replaced.registration.id } : {}),
    });
    return entry;
  }

  /** @throws RegistryRefusal */
  heartbeat(id: string, principal: Principal, status: InstanceStatus | null, routesChecksum: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new RegistryRefusal('not-found', 'instance not found');
    if (!owns(principal, entry.owner)) this.#refuse('forbidden', OTHERS);
    const wasKept = entry.heartbeats && !entry.isUnreachable;
    entry.heartbeats = true;
    entry.failedProbes = 0;
    entry.aliveAt = this.#now();
    entry.lastHealthCheck = new Date();
    const isNews = routesChecksum !== '' && routesChecksum !== entry.routesChecksum;
    const isOther = status !== null && status !== entry.status;
    if (isNews) {
      entry.revision++;
      entry.routesChecksum = routesChecksum;
    }
    if (status !== null) entry.status = status;
    this.#tell('heartbeat');
    if (isNews || isOther || !wasKept) this.#changed();
    return entry;
  }

  /**
   * By id, or by the name of a service that has only one instance of this principal, or only one from this address: some
   * services know nothing but their name (protocol digest 5.1).
   *
   * @throws RegistryRefusal
   */
  deregister(idOrName: string, principal: Principal, peer: string): Entry {
    const entry = this.#entries.get(idOrName) ?? this.#byName(idOrName, principal, peer);
    if (!owns(principal, entry.owner)) this.#refuse('forbidden', OTHERS);
    this.#remove(entry);
    this.#changed();
    this.#tell('deregistered');
    const { id, service } = entry.registration;
    this.#options.log('info', 'service deregistered', { service, instance: id, owner: principal.owner });
    return entry;
  }

  /** Asks for a look at the service's manifest: it said that something changed. @returns how many instances that are */
  refresh(service: string): number {
    const entries = this.ofService(service);
    for (const entry of entries) entry.revision++;
    if (entries.length > 0) this.#changed();
    return entries.length;
  }

  find(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  list(): Entry[] {
    return [...this.#entries.values()];
  }

  ofService(name: string): Entry[] {
    const wanted = name.toLowerCase();
    return this.list().filter(({ service }) => service === wanted);
  }

  /** What a registration leaves out stays as it was: a service that sends no manifest has not lost it. */
  #renewed(registration: Registration, principal: Principal, peer: string, known: Entry | undefined): Entry {
    const now = this.#now();
    if (known === undefined) return new Entry(registration, principal.owner, peer, now);
    const before = known.registration;
    const keepsManifest =
      registration.manifest === null && before.service.toLowerCase() === registration.service.toLowerCase();
    const { manifest, document, schemas } = keepsManifest ? before : registration;
    const entry = new Entry(
      { ...registration, manifest, document, schemas },
      // An administrator's correction does not take the instance away from its service.
      principal.owner === 'admin' ? known.owner : principal.owner,
      peer,
      now,
      known.registeredAt,
    );
    entry.heartbeats = known.heartbeats;
    entry.lastHealthCheck = new Date();
    entry.revision = known.revision + 1;
    if (registration.manifest === null) entry.routesChecksum = known.routesChecksum;
    return entry;
  }

  /** The same service at the same address under another id is its former life. */
  #staleAt(entry: Entry, principal: Principal): Entry | undefined {
    for (const other of this.#entries.values())
      if (other.address === entry.address && other.service === entry.service && owns(principal, other.owner))
        return other;
    return undefined;
  }

  #byName(name: string, principal: Principal, peer: string): Entry {
    const named = this.ofService(name);
    if (named.length === 0) throw new RegistryRefusal('not-found', 'instance not found');
    const own = named.filter(({ owner }) => owns(principal, owner));
    if (own.length === 0) this.#refuse('forbidden', OTHERS);
    const candidates = own.length === 1 ? own : own.filter((entry) => entry.peer === peer);
    const [only] = candidates;
    if (only === undefined || candidates.length > 1)
      throw new RegistryRefusal('ambiguous', `${own.length} instances of ${name}: say which by its id`);
    return only;
  }

  #evict(entry: Entry, reason: string): void {
    if (this.#entries.get(entry.registration.id) !== entry) return;
    this.#remove(entry);
    this.#tell('evicted');
    const { id, service, host, port } = entry.registration;
    this.#options.log('warn', 'service dropped', {
      service,
      instance: id,
      address: `${host}:${port}`,
      reason,
    });
    this.#changed();
  }

  #put(entry: Entry): void {
    const { id } = entry.registration;
    this.#weight += entry.weight - (this.#entries.get(id)?.weight ?? 0);
    this.#entries.set(id, entry);
  }

  #remove(entry: Entry): void {
    if (this.#entries.delete(entry.registration.id)) this.#weight -= entry.weight;
  }

  #refuse(kind: RegistryRefusal['kind'], message: string): never {
    throw new RegistryRefusal(kind, message);
  }

  #tell(event: RegistryEvent): void {
    this.#options.onEvent?.(event);
  }

  /** Changes that come together are published and written together. */
  #changed(): void {
    this.#options.state?.save(this.#entries.values());
    if (this.#telling !== null) return;
    this.#telling = setImmediate(() => {
      this.#telling = null;
      this.#sink?.publish(this.#published());
    });
  }

  #published() {
    return this.list().map((entry) => entry.published());
  }
}

const OTHERS = 'this instance was registered by somebody else';
