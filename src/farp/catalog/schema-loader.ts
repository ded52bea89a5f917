/**
 * The schemas of one service: fetched once for all instances that announce the same, kept by hash, asked for again when
 * they have become old. What cannot be had leaves the schema of before in force.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Semaphore } from '../../shared/semaphore.ts';
import { readDocument } from '../fetch/document.ts';
import { FetchError } from '../fetch/fetch-error.ts';
import type { Fetcher } from '../fetch/fetcher.ts';
import { schemaLocation } from '../fetch/locations.ts';
import type { SchemaWorker } from '../fetch/schema-worker.ts';
import { matchSchemaHash, schemaHashFault } from '../manifest/schema-hash.ts';
import type { Manifest, Schema, SchemaDescriptor } from '../model.ts';
import { isPushed } from '../push/pushed-instance.ts';
import { fallbackOf, withEndpoints } from './endpoint-schemas.ts';
import type { InstanceWatch } from './instance-watch.ts';
import { type ReadKey, storedSchema } from './registry-store.ts';
import type { CatalogSettings } from './settings.ts';

export interface SchemaContext {
  readonly fetcher: Fetcher;
  readonly worker: SchemaWorker;
  readonly permits: Semaphore;
  readonly settings: () => CatalogSettings;
  readonly readKey: (provider: string) => ReadKey | null;
}

export interface SchemaFault {
  readonly type: string;
  readonly message: string;
  /** It is worth trying again. */
  readonly isMissing: boolean;
}

export interface LoadedSchemas {
  readonly schemas: readonly Schema[];
  readonly faults: readonly SchemaFault[];
  /** Milliseconds until one of them has to be looked at again; Infinity when none has to. */
  readonly nextLook: number;
}

interface Cached {
  readonly schema: Schema;
  readonly etag: string;
  readonly fault: string;
  freshUntil: number;
}

/** Enough that a rollout back and forth is served from here. */
const MAX_CACHED = 12;
const MAX_SCHEMA_BYTES = 8 * 1024 * 1024;
/** Hashes over canonical forms of more than this are made in another thread. */
const SMALL = 64 * 1024;
/** Instances that are asked for the same schema until one gives it. */
const MAX_HOLDERS = 3;

export class SchemaLoader {
  readonly #context: SchemaContext;
  /** By what is announced, the one used longest ago first. */
  readonly #cache = new Map<string, Cached>();

  constructor(context: SchemaContext) {
    this.#context = context;
  }

  /**
   * @param holders instances with a manifest, the one whose manifest this is first
   * @param previous those in force
   */
  async load(
    manifest: Manifest,
    holders: readonly InstanceWatch[],
    previous: readonly Schema[],
    signal: AbortSignal,
  ): Promise<LoadedSchemas> {
    const descriptors = withEndpoints(manifest);
    const parts = await Promise.all(
      descriptors.map((descriptor) => this.#one(descriptor, manifest, holders, signal)),
    );
    const schemas: Schema[] = [];
    const faults: SchemaFault[] = [];
    let nextLook = Number.POSITIVE_INFINITY;
    parts.forEach((part, index) => {
      const { type } = descriptors[index]!;
      const { cached, fault } = part;
      const schema = cached?.schema ?? previous.find((one) => one.type === type);
      if (schema !== undefined) schemas.push(schema);
      if (fault !== '') faults.push({ type, message: fault, isMissing: true });
      if (cached === null) return;
      if (cached.fault !== '') faults.push({ type, message: cached.fault, isMissing: false });
      nextLook = Math.min(nextLook, cached.freshUntil - performance.now());
    });
    return { schemas, faults, nextLook };
  }

  async #one(
    descriptor: SchemaDescriptor,
    manifest: Manifest,
    holders: readonly InstanceWatch[],
    signal: AbortSignal,
  ): Promise<{ readonly cached: Cached | null; readonly fault: string }> {
    const key = keyOf(descriptor, manifest);
    const cached = this.#cache.get(key) ?? null;
    if (cached !== null) {
      this.#remember(key, cached);
      if (performance.now() < cached.freshUntil)
        return { cached: this.#described(cached, descriptor, key), fault: '' };
    }
    let fault = '';
    for (const { source, holder } of placesOf(descriptor, manifest, holders)) {
      try {
        const loaded = await this.#read(source, descriptor, holder, cached, signal);
        this.#remember(key, loaded);
        return { cached: this.#described(loaded, descriptor, key), fault: '' };
      } catch (error) {
        if (signal.aborted) return { cached, fault: '' };
        // What a schema can bring about concerns that schema alone.
        const reason = error instanceof FetchError ? error.message : String(error);
        if (fault === '') fault = `${placeOf(source)}: ${reason}`;
      }
    }
    return { cached, fault };
  }

  #remember(key: string, cached: Cached): void {
    this.#cache.delete(key);
    this.#cache.set(key, cached);
    if (this.#cache.size > MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value as string);
  }

  /** Metadata may change while the document stays. */
  #described(cached: Cached, { metadata, specVersion }: SchemaDescriptor, key: string): Cached {
    const { schema } = cached;
    if (schema.specVersion === specVersion && isDeepStrictEqual(schema.metadata, metadata)) return cached;
    const described = { ...cached, schema: { ...schema, specVersion, metadata } };
    this.#remember(key, described);
    return described;
  }

  async #read(
    source: SchemaDescriptor['location'],
    descriptor: SchemaDescriptor,
    holder: InstanceWatch,
    cached: Cached | null,
    signal: AbortSignal,
  ): Promise<Cached> {
    const sent = isPushed(holder.instance) ? holder.instance.schemas[descriptor.type] : undefined;
    if (sent !== undefined) return this.#fromDocument(sent, 'sent with the registration', descriptor, cached);
    switch (source.kind) {
      case 'inline':
        return this.#fromDocument(source.document, 'in the manifest', descriptor, cached);
      case 'registry':
        return this.#fromRegistry(source.path, holder, descriptor, cached);
      case 'http':
        return this.#fetch(source, holder, descriptor, cached, signal);
    }
  }

  #fromDocument(
    document: unknown,
    origin: string,
    descriptor: SchemaDescriptor,
    cached: Cached | null,
  ): Promise<Cached> {
    const body = Buffer.from(JSON.stringify(document));
    return this.#accept({ document, body, origin, etag: '', descriptor, cached, hashed: false });
  }

  async #fromRegistry(
    path: string,
    holder: InstanceWatch,
    descriptor: SchemaDescriptor,
    cached: Cached | null,
  ): Promise<Cached> {
    const read = this.#context.readKey(holder.provider);
    if (read === null) throw new FetchError('missing', `${holder.provider} has no key-value store`);
    const text = await storedSchema(read, path);
    if (text === null) throw new FetchError('missing', 'no such key');
    const body = Buffer.from(text);
    const document = await readDocument(body, descriptor.contentType, descriptor.type, this.#context.worker);
    return this.#accept({
      document,
      body,
      origin: `registry ${path}`,
      etag: '',
      descriptor,
      cached,
      hashed: true,
    });
  }

  async #fetch(
    { url: location, headers }: Extract<SchemaDescriptor['location'], { kind: 'http' }>,
    holder: InstanceWatch,
    descriptor: SchemaDescriptor,
    cached: Cached | null,
    signal: AbortSignal,
  ): Promise<Cached> {
    const { fetcher, permits, settings, worker } = this.#context;
    const url = schemaLocation(location, holder.instance, holder.manifestUrl, settings());
    const etag = cached?.schema.origin === url.href ? cached.etag : '';
    const request = { url, headers, etag, maxBytes: MAX_SCHEMA_BYTES, signal };
    const fetched = await permits.run(() => fetcher.fetch(request));
    if (fetched.unchanged && cached !== null) {
      cached.freshUntil = performance.now() + this.#lifetime(descriptor);
      return cached;
    }
    if (fetched.unchanged) throw new FetchError('invalid', 'status 304 without being asked');
    const { body, contentType } = fetched;
    if (cached !== null && digestOf(body) === cached.schema.digest && etag === fetched.etag) {
      cached.freshUntil = performance.now() + this.#lifetime(descriptor);
      return cached;
    }
    const document = await readDocument(body, contentType, descriptor.type, worker);
    return this.#accept({
      document,
      body,
      origin: url.href,
      etag: fetched.etag,
      descriptor,
      cached,
      hashed: true,
    });
  }

  async #accept(received: {
    readonly document: unknown;
    readonly body: Buffer;
    readonly origin: string;
    readonly etag: string;
    readonly descriptor: SchemaDescriptor;
    readonly cached: Cached | null;
    /** The body is as the service wrote it, so that its hash can be compared. */
    readonly hashed: boolean;
  }): Promise<Cached> {
    const { document, body, origin, etag, descriptor, cached, hashed } = received;
    const { type, specVersion, metadata, hash } = descriptor;
    const fault = hashed && hash !== '' ? await this.#hashFault(body, hash) : '';
    if (fault !== '' && this.#context.settings().schemaHash === 'reject')
      throw new FetchError('invalid', fault);
    const digest = digestOf(body);
    const schema =
      cached !== null && cached.schema.digest === digest && cached.schema.origin === origin
        ? cached.schema
        : { type, specVersion, origin, document, digest, metadata };
    return { schema, etag, fault, freshUntil: performance.now() + this.#lifetime(descriptor) };
  }

  /** @returns '' when the body is what the manifest announces */
  async #hashFault(body: Buffer, stated: string): Promise<string> {
    // As all of today's services make it; the other forms take a while.
    const wanted = stated.toLowerCase();
    if (digestOf(body) === wanted || digestOf(body.subarray(0, -1)) === wanted) return '';
    const form =
      body.length <= SMALL
        ? matchSchemaHash(body, stated)
        : await this.#context.worker.hashForm(body, stated);
    return form === null ? schemaHashFault(stated, body) : '';
  }

  /** Without a hash nothing but the schema itself tells that it has changed. */
  #lifetime({ hash, location }: SchemaDescriptor): number {
    if (location.kind === 'inline') return Number.POSITIVE_INFINITY;
    const { schemaCacheTtl, watchInterval } = this.#context.settings();
    return hash === '' ? watchInterval : schemaCacheTtl * (0.8 + 0.2 * Math.random());
  }
}

function keyOf({ type, hash, location }: SchemaDescriptor, manifest: Manifest): string {
  if (hash !== '') return `${type} ${hash.toLowerCase()}`;
  if (location.kind === 'http') return `${type} at ${location.url}`;
  if (location.kind === 'registry') return `${type} in ${location.path}`;
  return `${type} of ${manifest.instanceId} ${digestOf(Buffer.from(JSON.stringify(location.document)))}`;
}

/** Where it is said to be, and then where such schemas usually are (protocol digest 1.2). */
function sourcesOf(descriptor: SchemaDescriptor, manifest: Manifest): SchemaDescriptor['location'][] {
  const fallback = fallbackOf(descriptor.type, manifest);
  const { location } = descriptor;
  if (fallback === '' || (location.kind === 'http' && location.url === fallback)) return [location];
  return [location, { kind: 'http', url: fallback, headers: {} }];
}

interface Place {
  readonly source: SchemaDescriptor['location'];
  readonly holder: InstanceWatch;
}

/** At the instance whose manifest it is, then at others that announce the very same; without a hash that cannot be told. */
function placesOf(
  descriptor: SchemaDescriptor,
  manifest: Manifest,
  holders: readonly InstanceWatch[],
): Place[] {
  const { type, hash } = descriptor;
  const [first, ...others] = holders;
  const places = first === undefined ? [] : [{ holder: first, descriptor, manifest }];
  for (const holder of hash === '' ? [] : others) {
    const same = holder.manifest?.schemas.find((other) => other.type === type && other.hash === hash);
    if (same !== undefined && holder.manifest !== null)
      places.push({ holder, descriptor: same, manifest: holder.manifest });
  }
  return places
    .slice(0, MAX_HOLDERS)
    .flatMap((place) =>
      sourcesOf(place.descriptor, place.manifest).map((source) => ({ source, holder: place.holder })),
    );
}

function placeOf(location: SchemaDescriptor['location']): string {
  if (location.kind === 'inline') return 'in the manifest';
  return location.kind === 'registry' ? `registry ${location.path}` : location.url;
}

function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
