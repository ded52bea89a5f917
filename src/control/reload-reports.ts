/** Tells log, metrics and admin API what came of each reload. */
import type { MetricsStore } from '../telemetry/metrics-store.ts';
import type { ControlLog } from './log.ts';
import { logReload } from './reload-log.ts';
import type { ReloadResult, ReloadTrigger } from './reloader.ts';
import type { GatewayStatus } from './status.ts';

export class ReloadReports {
  readonly #log: ControlLog;
  readonly #metrics: MetricsStore;
  readonly #status: GatewayStatus;
  #isDiscoveryRefused = false;

  constructor(log: ControlLog, metrics: MetricsStore, status: GatewayStatus) {
    this.#log = log;
    this.#metrics = metrics;
    this.#status = status;
    for (const result of ['applied', 'refused', 'unchanged'])
      metrics.recorder.counter('octopus_config_reloads_total', { result });
  }

  report(result: ReloadResult, triggers: readonly ReloadTrigger[]): void {
    const { outcome, problems } = result;
    const ok = outcome !== 'refused';
    const isConfig = triggers.some((trigger) => trigger !== 'discovery');
    // A refused configuration stays the last word until there is another one, whatever is discovered meanwhile.
    if (isConfig || !ok || this.#isDiscoveryRefused)
      this.#status.lastReload = { at: new Date(), ok, problems };
    this.#isDiscoveryRefused = !isConfig && !ok;
    const { recorder } = this.#metrics;
    if (isConfig) recorder.counter('octopus_config_reloads_total', { result: outcome }).add(1);
    if (triggers.includes('discovery'))
      recorder.counter('octopus_discovery_updates_total', { result: outcome }).add(1);
    logReload(this.#log, result, triggers);
  }
}
