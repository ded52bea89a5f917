/** What services can say to the gateway: the registry of those that register themselves, and its voice. */
import type { Config } from '../../config/schema/schema.ts';
import { type Applied, PushApi, type PushRequest, type PushResponse } from '../../farp/push/push-api.ts';
import { PushRegistry, type RegistryEvent } from '../../farp/push/registry.ts';
import { StateFile } from '../../farp/push/state-file.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { MetricsStore } from '../../telemetry/metrics-store.ts';
import { pushSettings } from './push-settings.ts';

export interface FarpEndpointsOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: MetricsStore;
}

export class FarpEndpoints {
  readonly registry: PushRegistry;
  /** What of an instance's manifest is in force; null when nothing is (yet). Whoever makes routes of it knows. */
  applied: ((service: string, instanceId: string) => Applied | null) | null = null;
  readonly #api: PushApi;
  readonly #log: Logger;
  #closed: string | null;

  constructor({ config, logger, metrics }: FarpEndpointsOptions) {
    const log: ConstructorParameters<typeof StateFile>[1] = (level, message, fields) =>
      logger.log(level, message, fields);
    const count = (event: RegistryEvent) =>
      metrics.recorder.counter('octopus_farp_push_events_total', { event }).add(1);
    const { state_file: file } = config.farp;
    const settings = pushSettings(config);
    this.#log = logger;
    this.#closed = null;
    this.registry = new PushRegistry({
      settings,
      log,
      state: file === undefined ? null : new StateFile(file, log),
      onEvent: count,
    });
    this.#api = new PushApi({
      registry: this.registry,
      log,
      applied: (service, id) => (this.applied ?? sentManifest(this.registry))(service, id),
      onRefused: () => count('refused'),
    });
    metrics.collect('octopus_farp_push_instances', () => [{ labels: {}, value: this.registry.size }]);
    this.#tellClosed(settings.closed);
  }

  /** From now on registrations are kept, whether somebody listens yet or not. */
  start(): void {
    this.registry.start({ publish: () => undefined, failed: () => undefined, refused: () => undefined });
  }

  configure(config: Config): void {
    const settings = pushSettings(config);
    this.registry.configure(settings);
    this.#tellClosed(settings.closed);
  }

  /** Never rejects. */
  handle(request: PushRequest): Promise<PushResponse> {
    return this.#api.handle(request);
  }

  close(): Promise<void> {
    return this.registry.close();
  }

  /** Who waits for services to register wants to know why none can. */
  #tellClosed(reason: string | null): void {
    if (reason !== null && reason !== this.#closed) this.#log.warn('services cannot register', { reason });
    this.#closed = reason;
  }
}

/** What it sent itself. */
function sentManifest(registry: PushRegistry) {
  return (_service: string, id: string): Applied | null => {
    const manifest = registry.find(id)?.registration.manifest ?? null;
    return manifest && { routesChecksum: manifest.routesChecksum, schemas: manifest.schemas.length };
  };
}
