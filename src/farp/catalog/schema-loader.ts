/**
 * The schemas of one service: fetched once for all instances that announce the same, kept by hash, asked for again when
 * they have become old. What cannot be had leaves the schema of before in force.
 */
import { isDeepStrictEqual } from 'node:util';
import { FetchError } from '../fetch/fetch-error.ts';
import type { Manifest, Schema, SchemaDescriptor } from '../model.ts';
import { fallbackOf, withEndpoints } from './endpoint-schemas.ts';
import type { InstanceWatch } from './instance-watch.ts';
import { digestOf, type KnownSchema, readSchema, type SchemaContext } from './schema-reader.ts';

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

interface Cached extends KnownSchema {
  /** `performance.now()` when it was last found to be this one. */
  readonly seenAt: number;
}

/** Enough that a rollout back and forth is served from here. */
const MAX_CACHED = 12;
/** Instances that are asked for the same schema until one gives it. */
const MAX_HOLDERS = 3;

export class SchemaLoader {
  readonly #context: SchemaContext;
  /** By what is announced, the one used longest ago first. */
  readonly #cache = new Map<string, Cached>();
  /** Schemas of many services that were fetched together are not to be fetched together again. */
  readonly #spread = 0.8 + 0.2 * Math.random();

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
      // When to try that again is not a matter of its age.
      if (fault !== '') faults.push({ type, message: fault, isMissing: true });
      if (fault !== '' || cached === null) return;
      if (cached.fault !== '') faults.push({ type, message: cached.fault, isMissing: false });
      nextLook = Math.min(nextLook, this.#freshUntil(cached, descriptors[index]!) - performance.now());
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
    if (cached !== null && performance.now() < this.#freshUntil(cached, descriptor))
      return { cached: this.#described(cached, descriptor, key), fault: '' };
    let fault = '';
    for (const { source, holder } of placesOf(descriptor, manifest, holders)) {
      try {
        const read = await readSchema({ source, descriptor, holder, known: cached, signal }, this.#context);
        const seen = { ...read, seenAt: performance.now() };
        return { cached: this.#described(seen, descriptor, key), fault: '' };
      } catch (error) {
        if (signal.aborted) return { cached, fault: '' };
        // What a schema can bring about concerns that schema alone.
        const reason = error instanceof FetchError ? error.message : String(error);
        if (fault === '') fault = `${placeOf(source)}: ${reason}`;
      }
    }
    return { cached, fault };
  }

  /** Remembers it. Metadata may change while the document stays. */
  #described(read: Cached, { metadata, specVersion }: SchemaDescriptor, key: string): Cached {
    const { schema } = read;
    const isSame = schema.specVersion === specVersion && isDeepStrictEqual(schema.metadata, metadata);
    const cached = isSame ? read : { ...read, schema: { ...schema, specVersion, metadata } };
    this.#cache.delete(key);
    this.#cache.set(key, cached);
    if (this.#cache.size > MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value as string);
    return cached;
  }

  /**
   * Without a hash nothing but the schema itself tells that it has changed. One that is not what its manifest announces
   * may be that of a moment ago.
   */
  #freshUntil({ seenAt, fault }: Cached, { hash, location }: SchemaDescriptor): number {
    if (location.kind === 'inline') return Number.POSITIVE_INFINITY;
    const { schemaCacheTtl, watchInterval } = this.#context.settings();
    return seenAt + (hash === '' || fault !== '' ? watchInterval : schemaCacheTtl * this.#spread);
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
