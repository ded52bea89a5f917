/** What a backend has told so far: its entries, and the one list that they make. */
import { isDeepStrictEqual } from 'node:util';
import type { Entry, Refusal } from './backend.ts';
import type { ServiceInstance } from './provider.ts';

export class EntryTable {
  readonly #onRefusal: (refusal: Refusal) => void;
  #entries = new Map<string, Entry>();

  /** @param onRefusal is told of each refusal once, and again only when the entry was well or gone in between */
  constructor(onRefusal: (refusal: Refusal) => void) {
    this.#onRefusal = onRefusal;
  }

  /** @returns whether the list of instances is another now */
  replace(entries: Iterable<Entry>): boolean {
    const before = this.#entries;
    const after = new Map<string, Entry>();
    let changed = false;
    for (const entry of entries) {
      after.set(entry.key, entry);
      changed = this.#compare(before.get(entry.key), entry) || changed;
    }
    for (const [key, { instances }] of before) changed ||= instances.length > 0 && !after.has(key);
    this.#entries = after;
    return changed;
  }

  /** @returns whether the list of instances is another now */
  set(entry: Entry): boolean {
    const before = this.#entries.get(entry.key);
    this.#entries.set(entry.key, entry);
    return this.#compare(before, entry);
  }

  /** @returns whether the list of instances is another now */
  delete(key: string): boolean {
    const before = this.#entries.get(key);
    this.#entries.delete(key);
    return before !== undefined && before.instances.length > 0;
  }

  /** Every instance once: one that stands under two keys (in both layouts of a store, say) is the first of them. */
  instances(): ServiceInstance[] {
    const seen = new Set<string>();
    const list: ServiceInstance[] = [];
    for (const { instances } of this.#entries.values()) {
      for (const instance of instances) {
        const identity = `${instance.service}\n${instance.id}`;
        if (seen.has(identity)) continue;
        seen.add(identity);
        list.push(instance);
      }
    }
    return list;
  }

  #compare(before: Entry | undefined, after: Entry): boolean {
    for (const refusal of after.refusals) {
      const known = before?.refusals.some(
        ({ subject, reason }) => subject === refusal.subject && reason === refusal.reason,
      );
      if (!known) this.#onRefusal(refusal);
    }
    return !isDeepStrictEqual(before?.instances ?? [], after.instances);
  }
}
