/** One service: its instances, the manifest that rules, and the schemas of that manifest. */
import type { ServiceInstance } from '../../discovery/provider.ts';
import type { Manifest, Schema, Service, ServiceProblem } from '../model.ts';
import { History } from './history.ts';
import { InstanceWatch, type WatchChange, type WatchContext } from './instance-watch.ts';
import { type LoadedSchemas, type SchemaFault, SchemaLoader } from './schema-loader.ts';
import type { SchemaContext } from './schema-reader.ts';
import { differences } from './service-differences.ts';
import { retryPause } from './settings.ts';

export interface EntryContext extends Omit<WatchContext, 'changed'>, SchemaContext {
  /** `service` is another one now. */
  readonly changed: (entry: ServiceEntry) => void;
  readonly tell: (entry: ServiceEntry, change: ServiceChange, detail: string) => void;
  /** The service has a schema that it did not have before. */
  readonly schemaUpdated: (entry: ServiceEntry, type: string) => void;
}

export type ServiceChange = 'changed' | 'refused' | 'unreachable' | 'recovered';

/** How the instances of a provider come to the catalog. */
export interface Listed {
  readonly instance: ServiceInstance;
  readonly provider: string;
}

export class ServiceEntry {
  /** Lower case. */
  readonly name: string;
  readonly since = new Date();
  readonly history = new History();
  readonly watches = new Map<string, InstanceWatch>();
  /** As the routes see it; another object with every change. */
  service: Service;
  /** When `service` last became another one. */
  changedAt = new Date();
  /** What went wrong last, also if it is mended; `''` when nothing did. */
  lastError = '';
  lastErrorAt: Date | null = null;
  readonly #context: EntryContext;
  readonly #loader: SchemaLoader;
  readonly #abort = new AbortController();
  #ruling: Ruling | null = null;
  #faults: readonly SchemaFault[] = [];
  #loading = false;
  #isStale = false;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(name: string, context: EntryContext) {
    this.name = name;
    this.service = { name, instances: [], manifest: null, schemas: [] };
    this.#context = context;
    this.#loader = new SchemaLoader(context);
  }

  /** All instances of now, by id. */
  update(listed: ReadonlyMap<string, Listed>): void {
    for (const [id, watch] of this.watches) {
      if (listed.has(id)) continue;
      watch.close();
      this.watches.delete(id);
    }
    const context: WatchContext = {
      ...this.#context,
      changed: (watch, change) => this.#watchChanged(watch, change),
    };
    for (const [id, { instance, provider }] of listed) {
      const watch = this.watches.get(id);
      if (watch === undefined) this.watches.set(id, new InstanceWatch(instance, provider, context));
      else watch.update(instance, provider);
    }
    this.#refresh();
  }

  /** The configuration is another one. */
  reconfigured(): void {
    for (const watch of this.watches.values()) watch.reconfigured();
    this.#isStale = true;
    this.#refresh();
  }

  close(): void {
    this.#abort.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const watch of this.watches.values()) watch.close();
  }

  /** It speaks for itself: routes come of its manifest. Else they come only if everything is exposed. */
  get isAnnounced(): boolean {
    return this.#ruling !== null;
  }

  /** It wants to speak for itself but cannot yet: nothing of it may be exposed as if it had said nothing. */
  get isPending(): boolean {
    return this.#ruling === null && [...this.watches.values()].some(({ state }) => state !== 'unannounced');
  }

  /** All that can be known at once is known: every instance was asked, and schemas have been had or not. */
  get isSettled(): boolean {
    return !this.#loading && [...this.watches.values()].every(({ seen }) => seen);
  }

  get problems(): ServiceProblem[] {
    const problems: ServiceProblem[] = [];
    const add = (subject: string, message: string) => problems.push({ service: this.name, subject, message });
    for (const [id, { error, warnings }] of this.watches) {
      if (error !== '') add(`instance ${id}`, error);
      for (const warning of warnings) add(`instance ${id}`, warning);
    }
    for (const { type, message } of this.#faults) add(`schema ${type}`, message);
    const checksums = new Set(
      this.#manifests().map(({ serviceVersion, checksum }) => `${serviceVersion} ${checksum}`),
    );
    const versions = new Set(this.#manifests().map(({ serviceVersion }) => serviceVersion));
    if (checksums.size > versions.size)
      add('', 'instances of one version announce different schemas; those of the newest manifest count');
    return problems;
  }

  #manifests(): Manifest[] {
    return [...this.watches.values()].flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  }

  #watchChanged(watch: InstanceWatch, change: WatchChange): void {
    if (change === 'refused' || change === 'unreachable' || change === 'recovered') {
      const subject = `instance ${watch.instance.id}`;
      this.#note(change, watch.error === '' ? subject : `${subject}: ${watch.error}`);
    }
    if (watch.warnings.length > 0 && change === 'manifest')
      this.#context.tell(this, 'changed', `instance ${watch.instance.id}: ${watch.warnings.join('; ')}`);
    this.#refresh();
  }

  #note(change: ServiceChange, detail: string): void {
    this.history.add(change, detail);
    if (change !== 'changed' && change !== 'recovered') {
      this.lastError = detail;
      this.lastErrorAt = new Date();
    }
    this.#context.tell(this, change, detail);
  }

  /** Instances count at once; a new manifest only together with its schemas. */
  #refresh(): void {
    const holder = this.#pickHolder();
    if (holder === null) {
      this.#ruling = null;
      this.#faults = [];
    } else if (this.#isStale || this.#ruling?.manifest !== holder.manifest) {
      this.#isStale = true;
      void this.#load();
    }
    this.#rebuild();
  }

  /** The instance with the newest manifest (7.5); of several equals the one that already rules, then the first by id. */
  #pickHolder(): InstanceWatch | null {
    let best: InstanceWatch | null = null;
    for (const watch of this.watches.values()) {
      if (watch.state !== 'accepted' || watch.manifest === null) continue;
      if (best === null || this.#precedes(watch, best)) best = watch;
    }
    return best;
  }

  #precedes(a: InstanceWatch, b: InstanceWatch): boolean {
    const newer = a.manifest!.updatedAt - b.manifest!.updatedAt;
    if (newer !== 0) return newer > 0;
    const rules = this.#ruling?.holder;
    if (rules === a.instance.id || rules === b.instance.id) return rules === a.instance.id;
    return a.instance.id < b.instance.id;
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    while (this.#isStale && !this.#abort.signal.aborted) {
      this.#isStale = false;
      const holder = this.#pickHolder();
      if (holder === null || holder.manifest === null) continue;
      const { manifest } = holder;
      const others = [...this.watches.values()].filter(
        (watch) => watch !== holder && watch.state === 'accepted',
      );
      const loaded = await this.#loader.load(
        manifest,
        [holder, ...others],
        this.#ruling?.schemas ?? [],
        this.#abort.signal,
      );
      if (this.#abort.signal.aborted || !this.watches.has(holder.instance.id)) continue;
      this.#apply(holder.instance.id, manifest, loaded);
    }
    this.#loading = false;
    if (!this.#abort.signal.aborted) this.#refresh();
  }

  #apply(holder: string, manifest: Manifest, { schemas, faults, nextLook }: LoadedSchemas): void {
    const before = this.#ruling?.schemas ?? [];
    this.#ruling = { holder, manifest, schemas: sameList(before, schemas) ? before : schemas };
    for (const { type, digest } of schemas)
      if (!before.some((old) => old.type === type && old.digest === digest))
        this.#context.schemaUpdated(this, type);
    const known = new Set(this.#faults.map(({ type, message }) => `${type} ${message}`));
    this.#faults = faults;
    for (const { type, message } of faults)
      if (!known.has(`${type} ${message}`)) this.#note('refused', `schema ${type}: ${message}`);
    const isMissing = faults.some((fault) => fault.isMissing);
    this.#failures = isMissing ? this.#failures + 1 : 0;
    this.#lookAgain(isMissing ? Math.min(nextLook, retryPause(this.#failures)) : nextLook);
  }

  #lookAgain(pause: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (pause === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => {
        this.#isStale = true;
        this.#refresh();
      },
      Math.max(50, pause),
    );
    this.#timer.unref();
  }

  #rebuild(): void {
    const { service } = this;
    const routed = [...this.watches.values()].flatMap(({ routed }) => (routed === null ? [] : [routed]));
    const instances = sameList(service.instances, routed) ? service.instances : routed;
    const manifest = this.#ruling?.manifest ?? null;
    const schemas = this.#ruling?.schemas ?? NO_SCHEMAS;
    if (
      instances === service.instances &&
      manifest === service.manifest &&
      sameList(service.schemas, schemas)
    )
      return;
    this.service = { name: this.name, instances, manifest, schemas };
    this.changedAt = new Date();
    const told = differences(service, this.service);
    if (told !== '') this.#note('changed', told);
    this.#context.changed(this);
  }
}

interface Ruling {
  /** Id of the instance whose manifest it is. */
  readonly holder: string;
  readonly manifest: Manifest;
  readonly schemas: readonly Schema[];
}

const NO_SCHEMAS: readonly Schema[] = [];

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((element, index) => element === b[index]);
}
