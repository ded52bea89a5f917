/** What services can say to the gateway: the registry of those that register themselves, and its voice. */
import type { Config } from '../../config/schema/schema.ts';
import { EVENTS_PATH, IncomingEvents } from '../../farp/events/incoming.ts';
import { PROTOCOL_VERSION } from '../../farp/manifest/version.ts';
import type { Service } from '../../farp/model.ts';
import { type Applied, PushApi } from '../../farp/push/push-api.ts';
import type { PushRequest, PushResponse } from '../../farp/push/push-message.ts';
import { PushRegistry, type RegistryEvent } from '../../farp/push/registry.ts';
import { StateFile } from '../../farp/push/state-file.ts';
import type { UpstreamCells } from '../../shared/upstream-cells.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { MetricsStore } from '../../telemetry/metrics-store.ts';
import type { DiscoveredServices } from '../sources/discovered-services.ts';
import type { InForce } from '../status.ts';
import { GatewayEvents } from './gateway-events.ts';
import { pushSettings } from './push-settings.ts';

export interface FarpEndpointsOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: MetricsStore;
}

/** What is known of all services, wherever they were found. */
export interface KnownServices {
  /** The same list as long as nothing of them changes. */
  services(): readonly Service[];
  /** Null while nothing is discovered. */
  discovered(): Pick<DiscoveredServices, 'refresh' | 'applied' | 'fetcher'> | null;
  readonly upstreamCells: UpstreamCells;
  /** How this gateway calls itself in events. */
  readonly gatewayId: string;
}

export class FarpEndpoints {
  readonly registry: PushRegistry;
  readonly #options: FarpEndpointsOptions;
  readonly #api: PushApi;
  readonly #log: Logger;
  #config: Config;
  #known: KnownServices | null = null;
  #incoming: IncomingEvents | null = null;
  #events: GatewayEvents | null = null;
  #closed: string | null;

  constructor(options: FarpEndpointsOptions) {
    const { config, logger, metrics } = options;
    this.#options = options;
    this.#config = config;
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
      applied: (service, id) => this.#known?.discovered()?.applied(service, id) ?? this.#sent(id),
      onRefused: () => count('refused'),
    });
    metrics.collect('octopus_farp_push_instances', () => [{ labels: {}, value: this.registry.size }]);
    this.#tellClosed(settings.closed);
  }

  /** Whoever finds services and makes routes of them is there: events can come and go. */
  connect(known: KnownServices): void {
    const { logger, metrics } = this.#options;
    const { upstreamCells, gatewayId } = known;
    if (this.#known !== null) return;
    this.#known = known;
    this.#incoming = new IncomingEvents({
      service: (name) => known.services().find((service) => service.name === name.toLowerCase()) ?? null,
      refresh: (name) => known.discovered()?.refresh(name),
      acceptUnsigned: () => this.#config.farp.webhooks.accept_unsigned,
    });
    this.#events = new GatewayEvents({
      gatewayId,
      services: () => known.services(),
      rules: () => {
        const { enabled, webhooks, checks } = this.#config.farp;
        return { enabled: enabled && webhooks.enabled, allowedHosts: checks.allowed_hosts };
      },
      upstreamCells,
      post: (url, headers, body, signal) => {
        const fetcher = known.discovered()?.fetcher;
        return (
          fetcher?.post(url, headers, body, signal) ?? Promise.reject(new Error('nothing is discovered'))
        );
      },
      log: (level, message, fields) => logger.log(level, message, fields),
      onDelivery: (result) => metrics.recorder.counter('octopus_farp_webhooks_total', { result }).add(1),
    });
  }

  /** All workers serve this now. */
  published(inForce: InForce): void {
    this.configure(inForce.config);
    this.#events?.published(inForce);
  }

  /** Tells the services that the gateway goes. Resolves soon in every case. */
  async shutdown(timeout: number): Promise<void> {
    await this.#events?.shutdown(timeout);
  }

  configure(config: Config): void {
    this.#config = config;
    const settings = pushSettings(config);
    this.registry.configure(settings);
    this.#tellClosed(settings.closed);
  }

  /** Never rejects. */
  async handle(request: PushRequest): Promise<PushResponse> {
    if (request.path !== EVENTS_PATH || this.#incoming === null || !this.#config.farp.enabled)
      return this.#api.handle(request);
    const { status, body } =
      request.method === 'POST'
        ? this.#incoming.receive(request)
        : { status: 405, body: { error: 'use POST' } };
    const headers = { 'Content-Type': 'application/json', 'X-FARP-Version': PROTOCOL_VERSION };
    return { status, headers, body: `${JSON.stringify(body)}\n` };
  }

  async close(): Promise<void> {
    this.#events?.close();
    await this.registry.close();
  }

  /** What it sent itself. */
  #sent(id: string): Applied | null {
    const manifest = this.registry.find(id)?.registration.manifest ?? null;
    return manifest && { routesChecksum: manifest.routesChecksum, schemas: manifest.schemas.length };
  }

  /** Who waits for services to register wants to know why none can. */
  #tellClosed(reason: string | null): void {
    if (reason !== null && reason !== this.#closed) this.#log.warn('services cannot register', { reason });
    this.#closed = reason;
  }
}
