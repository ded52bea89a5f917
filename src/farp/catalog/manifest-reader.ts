/** Gets the text of one instance's manifest from wherever it is said to be. */
import type { ServiceInstance } from '../../discovery/provider.ts';
import type { Semaphore } from '../../shared/semaphore.ts';
import { FetchError } from '../fetch/fetch-error.ts';
import type { Fetcher } from '../fetch/fetcher.ts';
import { manifestLocation } from '../fetch/locations.ts';
import { MAX_MANIFEST_BYTES } from '../manifest/parse.ts';
import type { Announcement } from './announcement.ts';
import { bareManifest, schemaTypesIn } from './bare-manifest.ts';
import { type ReadKey, storedManifest } from './registry-store.ts';

export interface ReaderContext {
  readonly fetcher: Fetcher;
  /** Bounds the requests that are under way at once. */
  readonly permits: Semaphore;
  /** Of the backend that told of the instance; null when it is no key-value store. */
  readonly readKey: (provider: string) => ReadKey | null;
}

/** Where a manifest is looked for. */
export type ManifestSource = Exclude<Announcement, { kind: 'none' }> | { readonly kind: 'stored' };

export interface ManifestText {
  readonly text: string;
  /** null when it was not fetched. */
  readonly url: URL | null;
  /** `''` when there is none. */
  readonly etag: string;
  /** Made of metadata, as there was no manifest. */
  readonly isBare: boolean;
}

export interface ReadRequest {
  readonly source: ManifestSource;
  readonly instance: ServiceInstance;
  readonly provider: string;
  /** Of the manifest at hand; `''` when there is none. */
  readonly etag: string;
  /** Metadata will do if there is no manifest: not when there has been one. */
  readonly mayBeBare: boolean;
  readonly signal: AbortSignal;
}

/** @returns null: it is the one at hand. @throws FetchError */
export async function readManifest(
  request: ReadRequest,
  context: ReaderContext,
): Promise<ManifestText | null> {
  const { source, instance } = request;
  switch (source.kind) {
    case 'inline':
      return { ...NOT_FETCHED, text: source.text };
    case 'bare':
      return { ...NOT_FETCHED, text: JSON.stringify(bareManifest(instance)), isBare: true };
    case 'stored':
      return readStored(request, context, new FetchError('missing', 'no manifest in the key-value store'));
    case 'url':
      return fetchManifest(source.url, request, context);
  }
}

const NOT_FETCHED = { url: null, etag: '', isBare: false } as const;

async function fetchManifest(
  location: string,
  request: ReadRequest,
  context: ReaderContext,
): Promise<ManifestText | null> {
  const { instance, etag, signal } = request;
  const { fetcher, permits } = context;
  const url = manifestLocation(location, instance);
  try {
    const fetched = await permits.run(() =>
      fetcher.fetch({ url, etag, maxBytes: MAX_MANIFEST_BYTES, signal }),
    );
    if (fetched.unchanged) return null;
    return { text: fetched.body.toString('utf8'), url, etag: fetched.etag, isBare: false };
  } catch (error) {
    if (!(error instanceof FetchError) || error.kind !== 'missing') throw error;
    return readStored(request, context, error);
  }
}

/** @throws FetchError the one given, when there is no other manifest either */
async function readStored(
  { instance, provider, mayBeBare }: ReadRequest,
  { readKey }: ReaderContext,
  missing: FetchError,
): Promise<ManifestText> {
  const read = readKey(provider);
  const text = read === null ? null : await storedManifest(read, instance.service, instance.id);
  if (text !== null) return { ...NOT_FETCHED, text };
  if (!mayBeBare || schemaTypesIn(instance.metadata).length === 0) throw missing;
  return { ...NOT_FETCHED, text: JSON.stringify(bareManifest(instance)), isBare: true };
}
