/**
 * What is known of all services, from all providers together. Each provider tells its complete list again and again; the
 * last one holds until the next. Instances are joined by the name of their service and their id.
 */
import type { ServiceInstance } from '../../discovery/provider.ts';
import { Semaphore } from '../../shared/semaphore.ts';
import type { Fetcher } from '../fetch/fetcher.ts';
import type { SchemaWorker } from '../fetch/schema-worker.ts';
import { instanceIdFault, serviceNameFault } from '../manifest/names.ts';
import { hostFault } from '../push/address.ts';
import type { ReadKey } from './registry-store.ts';
import { type EntryContext, type Listed, type ServiceChange, ServiceEntry } from './service-entry.ts';
import type { CatalogSettings } from './settings.ts';

export interface CatalogOptions {
  readonly fetcher: Fetcher;
  readonly worker: SchemaWorker;
  readonly settings: CatalogSettings;
  /** Something of the services is another; several changes within a few milliseconds are one. */
  readonly onChange: () => void;
  readonly onEvent: (event: CatalogEvent) => void;
}

export interface CatalogEvent {
  readonly service: string;
  readonly kind: 'appeared' | 'vanished' | 'schema' | ServiceChange;
  readonly detail: string;
}

/** What one provider told last. */
interface ProviderList {
  readonly instances: readonly ServiceInstance[];
  readonly readKey: ReadKey | null;
}

/** Requests that are under way at once, over all services. */
const PARALLEL = 256;
/** Changes within this time are told as one. Milliseconds. */
const GATHER = 20;

export class Catalog {
  readonly #options: CatalogOptions;
  /** In the order in which the providers are configured: of two that know an instance the first is believed. */
  #providers = new Map<string, ProviderList>();
  readonly #entries = new Map<string, ServiceEntry>();
  readonly #context: EntryContext;
  #settings: CatalogSettings;
  #instances = 0;
  #telling: NodeJS.Timeout | null = null;
  readonly #refused = new Map<string, string>();
  #revision = 0;

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#context = {
      fetcher: options.fetcher,
      worker: options.worker,
      permits: new Semaphore(PARALLEL),
      settings: () => this.#settings,
      instanceCount: () => this.#instances,
      readKey: (provider) => this.#providers.get(provider)?.readKey ?? null,
      changed: () => this.#changed(),
      tell: (entry, kind, detail) => this.#tell(entry.name, kind, detail),
      schemaUpdated: (entry, type) => this.#tell(entry.name, 'schema', type),
    };
  }

  /** The providers that there are from now on. What others told is forgotten; a new one has told nothing yet. */
  setProviders(providers: readonly { readonly name: string; readonly readKey: ReadKey | null }[]): void {
    this.#providers = new Map(
      providers.map(({ name, readKey }) => [
        name,
        { instances: this.#providers.get(name)?.instances ?? [], readKey },
      ]),
    );
    this.#join();
  }

  /** Applies to what is looked at from now on, which is everything. */
  configure(settings: CatalogSettings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.#settings = settings;
    for (const entry of this.#entries.values()) entry.reconfigured();
  }

  /** The complete list of a provider. */
  publish(provider: string, instances: readonly ServiceInstance[]): void {
    const list = this.#providers.get(provider);
    if (list === undefined) return;
    this.#providers.set(provider, { ...list, instances });
    this.#join();
  }

  /** By name. */
  entries(): ServiceEntry[] {
    return [...this.#entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  entry(name: string): ServiceEntry | null {
    return this.#entries.get(name.toLowerCase()) ?? null;
  }

  /** Instances that cannot be used at all, by what they call themselves, and why. */
  refused(): ReadonlyMap<string, string> {
    return this.#refused;
  }

  /** Another one with every change, also while it has not been told yet. */
  get revision(): number {
    return this.#revision;
  }

  /** Of all services together. */
  get instanceCount(): number {
    return this.#instances;
  }

  get isSettled(): boolean {
    for (const entry of this.#entries.values()) if (!entry.isSettled) return false;
    return true;
  }

  close(): void {
    if (this.#telling !== null) clearTimeout(this.#telling);
    for (const entry of this.#entries.values()) entry.close();
    this.#entries.clear();
  }

  #join(): void {
    const services = new Map<string, Map<string, Listed>>();
    this.#instances = 0;
    this.#refused.clear();
    for (const [provider, { instances }] of this.#providers) {
      for (const instance of instances) {
        const fault = faultOf(instance);
        if (fault !== '') {
          this.#refused.set(`${provider}: ${instance.service}/${instance.id}`, fault);
          continue;
        }
        const name = instance.service.toLowerCase();
        let listed = services.get(name);
        if (listed === undefined) services.set(name, (listed = new Map()));
        if (listed.has(instance.id)) continue;
        listed.set(instance.id, { instance, provider });
        this.#instances++;
      }
    }
    for (const [name, entry] of this.#entries) {
      if (services.has(name)) continue;
      this.#entries.delete(name);
      entry.close();
      this.#tell(name, 'vanished', 'it has no instances any more');
      this.#changed();
    }
    for (const [name, listed] of services) this.#entryFor(name, listed).update(listed);
  }

  #entryFor(name: string, listed: ReadonlyMap<string, Listed>): ServiceEntry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = new ServiceEntry(name, this.#context);
      this.#entries.set(name, entry);
      const providers = new Set([...listed.values()].map(({ provider }) => provider));
      const detail = `${listed.size} instances from ${[...providers].join(', ')}`;
      entry.history.add('appeared', detail);
      this.#tell(name, 'appeared', detail);
    }
    return entry;
  }

  #changed(): void {
    this.#revision++;
    this.#telling ??= setTimeout(() => {
      this.#telling = null;
      this.#options.onChange();
    }, GATHER);
    this.#telling.unref();
  }

  #tell(service: string, kind: CatalogEvent['kind'], detail: string): void {
    this.#options.onEvent({ service, kind, detail });
  }
}

/** Providers check what is theirs; names become paths and labels whoever they come from. */
function faultOf({ service, id, host, port }: ServiceInstance): string {
  const fault = serviceNameFault(service) || instanceIdFault(id);
  if (fault !== '') return fault;
  if (host === '' || !Number.isInteger(port) || port < 1 || port > 65_535) return 'it has no address';
  return hostFault(host);
}
