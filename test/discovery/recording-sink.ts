import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { ProviderSink, ServiceInstance } from '../../src/discovery/provider.ts';

/** Keeps what a provider tells, and waits for it. */
export class RecordingSink implements ProviderSink {
  /** The list in force; null before the first. */
  list: readonly ServiceInstance[] | null = null;
  publications = 0;
  readonly failures: string[] = [];
  /** `performance.now()` of each failure. */
  readonly failedAt: number[] = [];
  readonly refusals: { entry: string; reason: string }[] = [];
  /** Whether a failure came after the last list. */
  stale = false;

  publish(instances: readonly ServiceInstance[]): void {
    this.list = instances;
    this.publications++;
    this.stale = false;
  }

  failed(reason: string): void {
    this.failures.push(reason);
    this.failedAt.push(performance.now());
    this.stale = true;
  }

  refused(entry: string, reason: string): void {
    this.refusals.push({ entry, reason });
  }

  find(service: string, id: string): ServiceInstance | undefined {
    return this.list?.find((instance) => instance.service === service && instance.id === id);
  }

  /** Those of a service in order of id. */
  of(service: string): ServiceInstance[] {
    const list = this.list?.filter((instance) => instance.service === service) ?? [];
    return list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async until(condition: () => boolean, what: string, patience = 10_000): Promise<void> {
    const deadline = performance.now() + patience;
    while (!condition()) {
      const known = `failures: ${this.failures.slice(-3).join('; ') || 'none'}; ${this.list?.length} instances`;
      assert.ok(performance.now() < deadline, `waited ${patience} ms for ${what} (${known})`);
      await wait(2);
    }
  }
}
