/** What happened to a service, for those who want to know why it is as it is. */

export interface HistoryEntry {
  readonly at: Date;
  readonly event: 'appeared' | 'changed' | 'refused' | 'unreachable' | 'recovered' | 'instances';
  readonly detail: string;
}

const LENGTH = 50;

export class History {
  #entries: HistoryEntry[] = [];

  add(event: HistoryEntry['event'], detail: string): void {
    this.#entries.push({ at: new Date(), event, detail });
    if (this.#entries.length > LENGTH) this.#entries.shift();
  }

  /** The oldest first. */
  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }
}
