/** One instance of a service: what discovery says of it, and its manifest, looked at again and again. */
import { createHash } from 'node:crypto';
import type { ServiceInstance } from '../../discovery/provider.ts';
import { FetchError } from '../fetch/fetch-error.ts';
import { parseManifest } from '../manifest/parse.ts';
import type { Instance, Manifest } from '../model.ts';
import { isPushed } from '../push/pushed-instance.ts';
import { type Announcement, announcementOf, MANIFEST_PATH } from './announcement.ts';
import {
  type ManifestSource,
  type ManifestText,
  type ReaderContext,
  readManifest,
} from './manifest-reader.ts';
import { type CatalogSettings, lookInterval, retryPause } from './settings.ts';
import { TokenBucket } from './token-bucket.ts';

/**
 * - `unannounced`: it says nothing of FARP, or has no manifest where it should be
 * - `waiting`: its manifest has not been had yet
 * - `accepted`: its manifest is in force, perhaps an older one than the service now has
 * - `refused`: its manifest cannot be used, and there is no older one
 */
export type WatchState = 'unannounced' | 'waiting' | 'accepted' | 'refused';

export interface WatchContext extends ReaderContext {
  readonly settings: () => CatalogSettings;
  /** How many instances there are, all services together. */
  readonly instanceCount: () => number;
  readonly changed: (watch: InstanceWatch, change: WatchChange) => void;
}

export type WatchChange = 'manifest' | 'refused' | 'unreachable' | 'recovered' | 'instance';

/** More new manifests than this per minute are not taken: each may mean new routes for the whole gateway. */
const UPDATES_PER_MINUTE = 60;

/** Between two looks into a key-value store for the manifest of an instance that says nothing of one. Milliseconds. */
const STORED_PAUSE = 30_000;

export class InstanceWatch {
  provider: string;
  instance: ServiceInstance;
  state: WatchState = 'unannounced';
  manifest: Manifest | null = null;
  /** Why the last look brought nothing, or nothing that can be used; `''` when all is well. */
  error = '';
  warnings: readonly string[] = [];
  /** Where the manifest came from; null when it came with the registration or the metadata. */
  manifestUrl: URL | null = null;
  /** A look, good or bad, is behind it. */
  seen = false;
  lastLook: Date | null = null;
  readonly #context: WatchContext;
  #source: ManifestSource | null = null;
  #pushed: Manifest | null = null;
  #text = '';
  #etag = '';
  #digest = '';
  /** The manifest was made of metadata, as there was none. */
  #isBare = false;
  #failures = 0;
  readonly #updates = new TokenBucket(UPDATES_PER_MINUTE);
  #timer: NodeJS.Timeout | null = null;
  #abort: AbortController | null = null;
  #closed = false;
  #routed: Instance | null = null;

  constructor(instance: ServiceInstance, provider: string, context: WatchContext) {
    this.instance = instance;
    this.provider = provider;
    this.#context = context;
    this.#begin(instance, provider, false);
  }

  /** As the routes see it; the same object as long as nothing of it changes. null: it takes no part yet. */
  get routed(): Instance | null {
    if (this.state === 'waiting' || this.state === 'refused') return null;
    this.#routed ??= { ...this.instance, provider: this.provider, manifest: this.manifest };
    return this.#routed;
  }

  /** What discovery says now. */
  update(instance: ServiceInstance, provider: string): void {
    const text = describe(instance);
    const told = revisionOf(instance) !== revisionOf(this.instance);
    if (text === this.#text && provider === this.provider && !told) {
      this.instance = instance;
      return;
    }
    const before = this.#text;
    this.#routed = null;
    this.#begin(instance, provider, told);
    if (before !== this.#text) this.#context.changed(this, 'instance');
  }

  /** The configuration is another one. */
  reconfigured(): void {
    this.#halt();
    this.#etag = '';
    this.#digest = '';
    this.#begin(this.instance, this.provider, false);
  }

  /** Looks at once, unless it looks right now or there is nowhere to look. */
  lookNow(): void {
    if (this.#abort === null && this.#source !== null) this.#schedule(0);
  }

  close(): void {
    this.#closed = true;
    this.#halt();
  }

  /** @param told the service itself says that there is something new */
  #begin(instance: ServiceInstance, provider: string, told: boolean): void {
    const isElsewhere = placeText(instance) !== placeText(this.instance) || provider !== this.provider;
    this.instance = instance;
    this.provider = provider;
    this.#text = describe(instance);
    const source = this.#sourceOf(instance, provider, told);
    const isOther = JSON.stringify(source) !== JSON.stringify(this.#source);
    this.#source = source;
    const isEnabled = this.#context.settings().farp;
    const pushed = isEnabled && isPushed(instance) ? instance.manifest : null;
    if (pushed !== null && pushed !== this.#pushed) {
      this.#pushed = pushed;
      this.#accept(pushed, []);
    }
    if (source === null) {
      this.#halt();
      this.seen = true;
      if (this.#pushed === null || !isEnabled) this.#forget();
      return;
    }
    if (this.manifest === null) this.state = source.kind === 'stored' ? 'unannounced' : 'waiting';
    if (!isElsewhere && !isOther && !told && this.#isWatching) return;
    if (isElsewhere || isOther) this.#etag = '';
    this.#halt();
    this.#failures = 0;
    this.#schedule(0);
  }

  /** Where to look for its manifest, again and again; null: nowhere. */
  #sourceOf(instance: ServiceInstance, provider: string, told: boolean): ManifestSource | null {
    if (!this.#context.settings().farp) return null;
    const announcement = announcementOf(instance);
    const sent = isPushed(instance) && instance.manifest !== null;
    // What it sent is what it means; what it serves is asked where it says so, or that something is new.
    const isAsked = told || (announcement.kind === 'url' && announcement.url !== MANIFEST_PATH);
    if (sent) return isAsked ? { kind: 'url', url: urlOf(announcement) } : null;
    if (announcement.kind !== 'none') return announcement;
    return this.#context.readKey(provider) === null ? null : { kind: 'stored' };
  }

  #forget(): void {
    this.state = 'unannounced';
    this.manifest = null;
    this.#pushed = null;
    this.#digest = '';
    this.#routed = null;
  }

  get #isWatching(): boolean {
    return this.#timer !== null || this.#abort !== null;
  }

  #halt(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#abort?.abort();
    this.#abort = null;
  }

  #schedule(pause: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), pause);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const source = this.#source;
    if (source === null) return;
    const abort = new AbortController();
    this.#abort = abort;
    let pause: number;
    try {
      const read = await readManifest(
        {
          source,
          instance: this.instance,
          provider: this.provider,
          etag: this.#etag,
          mayBeBare: this.manifest === null || this.#isBare,
          signal: abort.signal,
        },
        this.#context,
      );
      if (abort.signal.aborted) return;
      if (read !== null) this.#take(read);
      pause = lookInterval(this.#context.settings(), this.#context.instanceCount());
      this.#recovered();
    } catch (error) {
      if (abort.signal.aborted) return;
      // Whatever a service can bring about concerns that service alone.
      pause = this.#failed(error instanceof FetchError ? error : new FetchError('invalid', String(error)));
    }
    this.#abort = null;
    this.seen = true;
    this.lastLook = new Date();
    if (!this.#closed) this.#schedule(pause);
  }

  #take({ text, url, etag, isBare }: ManifestText): void {
    const digest = createHash('sha256').update(text).digest('base64');
    // One that is put off, because there were too many, has to come again: its tag is not remembered.
    if (digest !== this.#digest && !this.#updates.take()) return;
    this.manifestUrl = url;
    this.#etag = etag;
    this.#isBare = isBare;
    if (digest === this.#digest) return;
    this.#digest = digest;
    const { strict, checksum } = this.#context.settings();
    const { service, id } = this.instance;
    const parsed = parseManifest(text, { service, instanceId: id, strict, checksum });
    if (parsed.manifest === null) this.#refuse(parsed.error);
    else this.#accept(parsed.manifest, parsed.warnings);
  }

  #accept(manifest: Manifest, warnings: readonly string[]): void {
    this.manifest = manifest;
    this.warnings = warnings;
    this.state = 'accepted';
    this.error = '';
    this.#routed = null;
    this.#context.changed(this, 'manifest');
  }

  /** The last good one stays in force (protocol digest 2.4). */
  #refuse(reason: string): void {
    this.error = reason;
    this.warnings = [];
    if (this.manifest === null) this.state = 'refused';
    this.#context.changed(this, 'refused');
  }

  #recovered(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    if (this.error === '') return;
    this.error = '';
    this.#context.changed(this, 'recovered');
  }

  /** @returns the time until the next try, in milliseconds */
  #failed(error: FetchError): number {
    const { settings, instanceCount } = this.#context;
    // Services that know nothing of FARP are the rule in many a backend, and no reason to say anything.
    if (this.#source?.kind === 'stored' && this.manifest === null) return STORED_PAUSE;
    if (error.kind === 'missing' && (this.manifest === null || this.#isBare)) {
      this.#tellMissing();
      return lookInterval(settings(), instanceCount());
    }
    this.#failures++;
    const first = this.error !== error.message;
    this.error = error.message;
    const invalid = error.kind === 'invalid' || error.kind === 'forbidden';
    if (invalid && this.manifest === null) this.state = 'refused';
    if (first) this.#context.changed(this, invalid ? 'refused' : 'unreachable');
    return retryPause(this.#failures);
  }

  #tellMissing(): void {
    if (this.state === 'unannounced') return;
    this.#forget();
    this.error = 'it has no manifest';
    this.#context.changed(this, 'refused');
  }
}

function describe(instance: ServiceInstance): string {
  const { id, service, version, host, port, tls, weight, zone, status, tags, metadata } = instance;
  return JSON.stringify([id, service, version, host, port, tls, weight, zone, status, tags, metadata]);
}

function urlOf(announcement: Announcement): string {
  return announcement.kind === 'url' ? announcement.url : MANIFEST_PATH;
}

function revisionOf(instance: ServiceInstance): number {
  return isPushed(instance) ? instance.revision : 0;
}

function placeText({ host, port, tls }: ServiceInstance): string {
  return `${tls} ${host} ${port}`;
}
