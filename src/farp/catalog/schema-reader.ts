/** Gets one schema from one place. */
import { createHash } from 'node:crypto';
import type { Semaphore } from '../../shared/semaphore.ts';
import { readDocument } from '../fetch/document.ts';
import { FetchError } from '../fetch/fetch-error.ts';
import type { Fetcher } from '../fetch/fetcher.ts';
import { schemaLocation } from '../fetch/locations.ts';
import type { SchemaWorker } from '../fetch/schema-worker.ts';
import { matchSchemaHash, schemaHashFault } from '../manifest/schema-hash.ts';
import type { Schema, SchemaDescriptor } from '../model.ts';
import { isPushed } from '../push/pushed-instance.ts';
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

export interface SchemaRequest {
  readonly source: SchemaDescriptor['location'];
  readonly descriptor: SchemaDescriptor;
  /** The instance that says so. */
  readonly holder: InstanceWatch;
  /** The copy at hand; null when there is none. */
  readonly known: KnownSchema | null;
  readonly signal: AbortSignal;
}

export interface KnownSchema {
  readonly schema: Schema;
  /** `''` when there is none. */
  readonly etag: string;
  /** Why it is not what its manifest announces; `''` when it is. */
  readonly fault: string;
}

const MAX_SCHEMA_BYTES = 8 * 1024 * 1024;
/** Hashes over canonical forms of more than this are made in another thread. */
const SMALL = 64 * 1024;

/** @returns with the schema of `known` if it is still that one. @throws FetchError */
export async function readSchema(request: SchemaRequest, context: SchemaContext): Promise<KnownSchema> {
  const { source, descriptor, holder } = request;
  const sent = isPushed(holder.instance) ? holder.instance.schemas[descriptor.type] : undefined;
  if (sent !== undefined) return fromDocument(sent, 'sent with the registration', request);
  switch (source.kind) {
    case 'inline':
      return fromDocument(source.document, 'in the manifest', request);
    case 'registry':
      return fromRegistry(source.path, request, context);
    case 'http':
      return fromUrl(source, request, context);
  }
}

/** A document without a spelling of its own cannot be compared with a hash. */
function fromDocument(document: unknown, origin: string, { descriptor, known }: SchemaRequest): KnownSchema {
  const digest = digestOf(Buffer.from(JSON.stringify(document)));
  const isKnown = known?.schema.digest === digest && known.schema.origin === origin;
  return isKnown ? known : { schema: schemaOf(descriptor, origin, document, digest), etag: '', fault: '' };
}

async function fromRegistry(
  path: string,
  request: SchemaRequest,
  context: SchemaContext,
): Promise<KnownSchema> {
  const { descriptor, holder } = request;
  const read = context.readKey(holder.provider);
  if (read === null) throw new FetchError('missing', `${holder.provider} has no key-value store`);
  const text = await storedSchema(read, path);
  if (text === null) throw new FetchError('missing', 'no such key');
  const { contentType } = descriptor;
  return fromBody(
    { body: Buffer.from(text), contentType, origin: `registry ${path}`, etag: '' },
    request,
    context,
  );
}

async function fromUrl(
  { url: location, headers }: Extract<SchemaDescriptor['location'], { kind: 'http' }>,
  request: SchemaRequest,
  context: SchemaContext,
): Promise<KnownSchema> {
  const { holder, known, signal } = request;
  const { fetcher, permits, settings } = context;
  const url = schemaLocation(location, holder.instance, holder.manifestUrl, settings());
  const etag = known?.schema.origin === url.href ? known.etag : '';
  const fetched = await permits.run(() =>
    fetcher.fetch({ url, headers, etag, maxBytes: MAX_SCHEMA_BYTES, signal }),
  );
  // Only who sends a tag, and so has a copy, is told that nothing has changed.
  if (fetched.unchanged) return known!;
  return fromBody({ ...fetched, origin: url.href }, request, context);
}

interface Body {
  readonly body: Buffer;
  readonly contentType: string;
  readonly origin: string;
  readonly etag: string;
}

async function fromBody(
  { body, contentType, origin, etag }: Body,
  { descriptor, known }: SchemaRequest,
  { worker, settings }: SchemaContext,
): Promise<KnownSchema> {
  const digest = digestOf(body);
  if (known?.schema.digest === digest && known.schema.origin === origin) return { ...known, etag };
  const document = await readDocument(body, contentType, descriptor.type, worker);
  const fault = descriptor.hash === '' ? '' : await hashFault(body, descriptor.hash, worker);
  if (fault !== '' && settings().schemaHash === 'reject') throw new FetchError('invalid', fault);
  return { schema: schemaOf(descriptor, origin, document, digest), etag, fault };
}

function schemaOf(
  { type, specVersion, metadata }: SchemaDescriptor,
  origin: string,
  document: unknown,
  digest: string,
): Schema {
  return { type, specVersion, origin, document, digest, metadata };
}

/** @returns '' when the body is what the manifest announces */
async function hashFault(body: Buffer, stated: string, worker: SchemaWorker): Promise<string> {
  // As all of today's services make it; the other forms take a while.
  const wanted = stated.toLowerCase();
  if (digestOf(body) === wanted || digestOf(body.subarray(0, -1)) === wanted) return '';
  try {
    const form = body.length <= SMALL ? matchSchemaHash(body, stated) : await worker.hashForm(body, stated);
    return form === null ? schemaHashFault(stated, body) : '';
  } catch (error) {
    return `schema hash cannot be checked: ${(error as Error).message}`;
  }
}

export function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
