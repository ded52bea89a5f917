/** One service: its instances, the manifest that rules, and the schemas of that manifest. */
import type { ServiceInstance } from '../../discovery/provider.ts';
import type { Manifest, Schema, Service, ServiceProblem } from '../model.ts';
import { History } from './history.ts';
import { InstanceWatch, type WatchChange, type WatchContext } from './instance-watch.ts';
import { leadersOf, withOlder } from './rollout.ts';
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
  /** With the manifest that rules; another object with every change. */
  service: Service;
  /** The same as routes are made of it: during a rollout with the paths of older instances, too. */
  routed: Service;
  /** When `service` last became another one. */
  changedAt = new Date();
  /** What went wrong last, also if it is mended; `''` when nothing did. */
  lastError = '';
  lastErrorAt: Date | null = null;
  readonly #context: EntryContext;
  readonly #loader: SchemaLoader;
  readonly #abort = new AbortController();
  #ruling: Ruling | null = null;
  #older: readonly Schema[] = [];
  #others: readonly Manifest[] = [];
  #faults: readonly SchemaFault[] = [];
  #loading = false;
  #isStale = false;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(name: string, context: EntryContext) {
    this.name = name;
    this.service = { name, instances: [], manifest: null, schemas: [] };
    this.routed = this.service;
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
    const leaders = this.#leaders();
    if (leaders.length === 0) {
      this.#ruling = null;
      this.#faults = [];
    } else if (this.#isStale || !sameList(this.#ruling?.manifests ?? [], manifestsOf(leaders))) {
      this.#isStale = true;
      // Whatever a service can bring about concerns that service alone.
      this.#load().catch((error: unknown) => {
        this.#loading = false;
        this.#note('refused', String(error));
      });
    }
    this.#rebuild();
  }

  #leaders(): InstanceWatch[] {
    return leadersOf(this.watches.values(), this.#ruling?.holder ?? '');
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    while (this.#isStale && !this.#abort.signal.aborted) {
      this.#isStale = false;
      const leaders = this.#leaders();
      // They may have others by the time that the schemas are there.
      const manifests = manifestsOf(leaders);
      const [holder] = leaders;
      const [manifest] = manifests;
      if (holder === undefined || manifest === undefined) continue;
      const loaded = await this.#loadFrom(holder, manifest, this.#ruling?.schemas ?? []);
      const older: Schema[] = [];
      for (const [index, leader] of leaders.entries())
        if (index > 0) older.push(...(await this.#loadFrom(leader, manifests[index]!, [])).schemas);
      if (this.#abort.signal.aborted || !this.watches.has(holder.instance.id)) continue;
      this.#apply(holder.instance.id, manifests, loaded, older);
    }
    this.#loading = false;
    if (!this.#abort.signal.aborted) this.#refresh();
  }

  #loadFrom(holder: InstanceWatch, manifest: Manifest, previous: readonly Schema[]): Promise<LoadedSchemas> {
    const others = [...this.watches.values()].filter(
      (watch) => watch !== holder && watch.state === 'accepted',
    );
    return this.#loader.load(manifest, [holder, ...others], previous, this.#abort.signal);
  }

  #apply(
    holder: string,
    manifests: readonly Manifest[],
    { schemas, faults, nextLook }: LoadedSchemas,
    older: readonly Schema[],
  ): void {
    const before = this.#ruling?.schemas ?? [];
    const digests = new Set(schemas.map(({ digest }) => digest));
    this.#ruling = {
      holder,
      manifests,
      schemas: sameList(before, schemas) ? before : schemas,
      older: older.filter(({ digest }) => !digests.has(digest)),
    };
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
    const { schemas = NO_SCHEMAS, older = NO_SCHEMAS, manifests = [] } = this.#ruling ?? {};
    const [manifest = null, ...others] = manifests;
    const isSame =
      instances === service.instances && manifest === service.manifest && sameList(service.schemas, schemas);
    if (isSame && sameList(this.#older, older) && sameList(this.#others, others)) return;
    this.#older = older;
    this.#others = others;
    this.service = { name: this.name, instances, manifest, schemas };
    this.routed = withOlder(this.service, older, others);
    this.changedAt = new Date();
    const told = differences(service, this.service);
    if (told !== '') this.#note('changed', told);
    this.#context.changed(this);
  }
}

interface Ruling {
  /** Id of the instance whose manifest it is. */
  readonly holder: string;
  /** That one first, then those of older instances. */
  readonly manifests: readonly Manifest[];
  readonly schemas: readonly Schema[];
  /** What older instances have beside these. */
  readonly older: readonly Schema[];
}

function manifestsOf(watches: readonly InstanceWatch[]): Manifest[] {
  return watches.flatMap(({ manifest }) => manifest ?? []);
}

const NO_SCHEMAS: readonly Schema[] = [];

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((element, index) => element === b[index]);
}
