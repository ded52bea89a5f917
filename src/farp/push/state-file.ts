/** Keeps the registrations in a file, so that a restart of the gateway does not lose services that register only once. */

import { readFileSync, renameSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pause } from '../../discovery/pause.ts';
import { isObject } from '../manifest/fields.ts';
import { parseJsonText } from '../manifest/json-text.ts';
import { Entry } from './entry.ts';
import type { RegistryLog } from './log.ts';
import { parseRegistration } from './registration.ts';
import type { PushSettings } from './settings.ts';

const FORMAT = 1;
/** Between two writes passes this time, and several times that of the last write: a large file is not written all the time. */
const PAUSE = 20;
const PAUSE_FACTOR = 2;

export class StateFile {
  readonly path: string;
  readonly #log: RegistryLog;
  #wanted: Iterable<Entry> | null = null;
  /** Resolves when what is wanted now has been written, or could not be. */
  #saved: Promise<void> = Promise.resolve();
  #writing: Promise<void> | null = null;
  #closing = new AbortController();
  #failed = false;
  /** The last write, in milliseconds. */
  #tookMs = 0;

  constructor(path: string, log: RegistryLog) {
    this.path = path;
    this.#log = log;
  }

  /** What cannot be read is left out; a file that is none of ours is put aside. Never throws. */
  load(settings: PushSettings, now: number): Entry[] {
    this.#closing = new AbortController();
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT')
        this.#log('error', 'farp.state_file cannot be read', { file: this.path, error: message });
      return [];
    }
    const instances = instancesOf(text);
    if (instances === null) {
      this.#putAside();
      return [];
    }
    return instances.flatMap((kept) => {
      try {
        return [restore(kept, settings, now)];
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log('warn', 'a kept registration cannot be used', { file: this.path, reason });
        return [];
      }
    });
  }

  /** At once, or together with others that come while a write is under way. `entries` is read when it is written. */
  save(entries: Iterable<Entry>): void {
    const isWaiting = this.#wanted !== null;
    this.#wanted = entries;
    if (isWaiting) return;
    const before = this.#writing ?? Promise.resolve();
    this.#saved = before.then(() => this.#write());
    const writing = this.#saved
      .then(() => this.#pause())
      .finally(() => {
        if (this.#writing === writing) this.#writing = null;
      });
    this.#writing = writing;
  }

  /** Resolves when everything so far has been written, or could not be. */
  saved(): Promise<void> {
    return this.#saved;
  }

  /** Writes what is still to be written. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#saved;
  }

  /** In one step: whoever is killed meanwhile leaves the old file or the new one. */
  async #write(): Promise<void> {
    const startedAt = performance.now();
    const instances = [...(this.#wanted ?? [])].map(textOf);
    this.#wanted = null;
    try {
      await replaceFile(this.path, `{"format":${FORMAT},"instances":[\n${instances.join(',\n')}\n]}\n`);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) {
        const { message } = error as Error;
        this.#log('error', 'farp.state_file cannot be written', { file: this.path, error: message });
      }
      this.#failed = true;
    }
    this.#tookMs = performance.now() - startedAt;
  }

  #pause(): Promise<void> {
    return pause(PAUSE + PAUSE_FACTOR * this.#tookMs, this.#closing.signal);
  }

  #putAside(): void {
    const aside = `${this.path}.bad`;
    try {
      renameSync(this.path, aside);
      this.#log('error', 'farp.state_file is damaged: registrations are lost', {
        file: this.path,
        kept_as: aside,
      });
    } catch (error) {
      const { message } = error as Error;
      this.#log('error', 'farp.state_file is damaged', { file: this.path, error: message });
    }
  }
}

/** Secrets of webhooks are in it: nobody else may read it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

function instancesOf(text: string): readonly unknown[] | null {
  try {
    const content = parseJsonText(text);
    return isObject(content) && content['format'] === FORMAT && Array.isArray(content['instances'])
      ? content['instances']
      : null;
  } catch {
    return null;
  }
}

/** Manifests are large and stay as they are: of thousands of entries, only the one that has changed is written anew. */
const texts = new WeakMap<
  Entry,
  { readonly status: string; readonly heartbeats: boolean; readonly text: string }
>();

function textOf(entry: Entry): string {
  const { status, heartbeats } = entry;
  const known = texts.get(entry);
  if (known?.status === status && known.heartbeats === heartbeats) return known.text;
  const text = JSON.stringify(kept(entry));
  texts.set(entry, { status, heartbeats, text });
  return text;
}

/** In the form in which it was registered: what is read back passes the same checks. */
function kept(entry: Entry): object {
  const { id, service, version, host, port, tls, tags, metadata, document, schemas } = entry.registration;
  const authority = host.includes(':') ? `[${host}]` : host;
  const address = `${tls ? 'https' : 'http'}://${authority}:${port}`;
  return {
    instance: {
      id,
      service_name: service,
      service_version: version,
      address,
      status: entry.status,
      tags,
      metadata,
    },
    ...(document === null ? {} : { manifest: document }),
    ...(Object.keys(schemas).length === 0 ? {} : { schemas }),
    owner: entry.owner,
    peer: entry.peer,
    registered_at: entry.registeredAt.toISOString(),
    heartbeats: entry.heartbeats,
  };
}

function restore(content: unknown, settings: PushSettings, now: number): Entry {
  if (!isObject(content)) throw new TypeError('no object');
  const { owner, peer, registered_at: registeredAt, heartbeats, schemas } = content;
  if (typeof owner !== 'string' || typeof peer !== 'string') throw new TypeError('no owner');
  const at = new Date(typeof registeredAt === 'string' ? registeredAt : Number.NaN);
  const registration = parseRegistration(content, peer, settings);
  const entry = new Entry(
    { ...registration, schemas: isObject(schemas) ? schemas : {} },
    owner,
    peer,
    now,
    Number.isNaN(at.getTime()) ? new Date() : at,
  );
  entry.heartbeats = heartbeats === true;
  return entry;
}
