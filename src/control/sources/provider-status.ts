/** What is known of one discovery backend: whether it answers, since when it does not, and what of it is unusable. */
import type { ProviderSink, ServiceInstance } from '../../discovery/provider.ts';
import type { ControlLog } from '../log.ts';

export interface ProviderReport {
  readonly name: string;
  /** `starting`: it has not answered yet. */
  readonly state: 'starting' | 'ok' | 'failing';
  /** Seconds since it last answered; 0 while it does. null: it never has. */
  readonly staleSeconds: number | null;
  /** Why it fails; `''` when it does not. */
  readonly error: string;
  readonly failures: number;
  readonly instances: number;
  readonly refused: readonly { readonly entry: string; readonly reason: string }[];
}

/** A backend full of rubbish is shown with its first entries. */
const MAX_REFUSED = 100;

export class ProviderStatus implements ProviderSink {
  readonly name: string;
  readonly #log: ControlLog;
  readonly #onPublish: (instances: readonly ServiceInstance[]) => void;
  readonly #refused = new Map<string, string>();
  /** `performance.now()` of the last sign of life; null: there was none. */
  #answeredAt: number | null = null;
  #error = '';
  #failures = 0;
  #instances = 0;

  constructor(name: string, log: ControlLog, onPublish: (instances: readonly ServiceInstance[]) => void) {
    this.name = name;
    this.#log = log;
    this.#onPublish = onPublish;
  }

  /** It has answered, or failed. */
  get isKnown(): boolean {
    return this.#answeredAt !== null || this.#failures > 0;
  }

  publish(instances: readonly ServiceInstance[]): void {
    if (this.#error !== '') this.#log.info('discovery backend answers again', { backend: this.name });
    this.#error = '';
    this.#answeredAt = performance.now();
    this.#instances = instances.length;
    this.#onPublish(instances);
  }

  failed(reason: string): void {
    this.#failures++;
    if (this.#error === '') {
      // While its watch stood it answered, whether or not there was anything to tell.
      if (this.#answeredAt !== null) this.#answeredAt = performance.now();
      const kept = this.#instances > 0 ? '; what it told last stays in force' : '';
      this.#log.warn(`discovery backend does not answer${kept}`, { backend: this.name, reason });
    } else if (this.#error !== reason) {
      this.#log.debug('discovery backend still does not answer', { backend: this.name, reason });
    }
    this.#error = reason;
  }

  refused(entry: string, reason: string): void {
    if (this.#refused.get(entry) === reason) return;
    this.#refused.delete(entry);
    this.#refused.set(entry, reason);
    if (this.#refused.size > MAX_REFUSED) this.#refused.delete(this.#refused.keys().next().value as string);
    this.#log.warn('discovery entry cannot be used', { backend: this.name, entry, reason });
  }

  report(): ProviderReport {
    const failing = this.#error !== '';
    const age = this.#answeredAt === null ? null : (performance.now() - this.#answeredAt) / 1000;
    return {
      name: this.name,
      state: failing ? 'failing' : this.#answeredAt === null ? 'starting' : 'ok',
      staleSeconds: failing || age === null ? age : 0,
      error: this.#error,
      failures: this.#failures,
      instances: this.#instances,
      refused: [...this.#refused].map(([entry, reason]) => ({ entry, reason })),
    };
  }
}
