/** The keys below the watched prefixes, as one entry for each instance: an instance may have two documents. */
import type { Entry } from '../backend.ts';
import { type InstanceKey, parseKey, readEntry } from './layout.ts';

interface KeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
}

type Group = Map<string, { readonly at: InstanceKey; readonly value: Buffer }>;

export class EtcdKeys {
  readonly #prefixes: readonly string[];
  readonly #groups = new Map<string, Group>();

  constructor(prefixes: readonly string[]) {
    this.#prefixes = prefixes;
  }

  /** @returns the entry that is another now; null when the key is none of an instance */
  put({ key, value }: KeyValue): string | null {
    const place = this.#place(key);
    if (place === null) return null;
    const group = this.#groups.get(place.group) ?? new Map();
    group.set(place.key, { at: place.at, value });
    this.#groups.set(place.group, group);
    return place.group;
  }

  /** @returns the entry that is another now; null when the key is none of an instance */
  delete({ key }: Pick<KeyValue, 'key'>): string | null {
    const place = this.#place(key);
    const group = place === null ? undefined : this.#groups.get(place.group);
    if (place === null || group === undefined) return null;
    group.delete(place.key);
    if (group.size === 0) this.#groups.delete(place.group);
    return place.group;
  }

  has(group: string): boolean {
    return this.#groups.has(group);
  }

  entry(group: string): Entry {
    return readEntry(group, this.#groups.get(group) ?? new Map());
  }

  *all(): Generator<Entry> {
    for (const group of this.#groups.keys()) yield this.entry(group);
  }

  #place(bytes: Buffer): { readonly key: string; readonly group: string; readonly at: InstanceKey } | null {
    const key = bytes.toString('utf8');
    const prefix = this.#prefixes.find((one) => key.startsWith(one));
    const at = prefix === undefined ? null : parseKey(key.slice(prefix.length));
    if (prefix === undefined || at === null) return null;
    const group = at.part === 'whole' ? key : `${prefix}${at.service}/instances/${at.id}`;
    return { key, group, at };
  }
}
