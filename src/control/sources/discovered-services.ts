/**
 * From what discovery backends and registrations say to routes: the source `farp`. Loaded only where services are to be
 * discovered.
 */
import type { ServiceReport, ServicesReport } from '../../admin/service-report.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema/schema.ts';
import type { Provider } from '../../discovery/provider.ts';
import { Catalog, type CatalogEvent } from '../../farp/catalog/catalog.ts';
import type { ServiceEntry } from '../../farp/catalog/service-entry.ts';
import type { CatalogSettings } from '../../farp/catalog/settings.ts';
import { Fetcher } from '../../farp/fetch/fetcher.ts';
import type { Lookup } from '../../farp/fetch/guarded-lookup.ts';
import { SchemaWorker } from '../../farp/fetch/schema-worker.ts';
import type { Service, ServiceProblem } from '../../farp/model.ts';
import { endpointsOf } from '../../farp/routes/endpoints.ts';
import type { RouteDefaults } from '../../routing/defaults.ts';
import type { Endpoint } from '../../routing/model.ts';
import type { MetricsStore } from '../../telemetry/metrics-store.ts';
import type { ControlLog } from '../log.ts';
import type { Contribution } from './contribution.ts';
import { News } from './news.ts';
import type { ProviderReport } from './provider-status.ts';
import { Providers } from './providers.ts';
import { collectServiceMetrics } from './service-metrics.ts';
import { type ReportContext, serviceReport, servicesReport } from './service-reports.ts';
import { ServiceRoutes } from './service-routes.ts';

export interface DiscoveredServicesOptions {
  readonly config: Config;
  readonly log: ControlLog;
  readonly metrics: MetricsStore;
  readonly lookup: Lookup;
  readonly push: Provider | null;
  /** There may be other routes, or other endpoints. */
  readonly onChange: () => void;
}

/** Most active health checks of discovered instances; more instances are checked less often. */
const CHECKS_PER_SECOND = 200;

export class DiscoveredServices {
  readonly #options: DiscoveredServicesOptions;
  readonly #fetcher: Fetcher;
  readonly #worker = new SchemaWorker();
  readonly #catalog: Catalog;
  readonly #providers: Providers;
  readonly #routes = new ServiceRoutes();
  #expose: 'farp' | 'all';
  #fetchTimeout: number;
  #exposed: { readonly revision: number; readonly services: readonly Service[] } | null = null;
  #problems: readonly ServiceProblem[] = [];
  readonly #news = new News();
  #defaults: { readonly of: RouteDefaults; readonly factor: number; readonly spaced: RouteDefaults } | null =
    null;
  #counts: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map();

  constructor(options: DiscoveredServicesOptions) {
    const { config, log, push } = options;
    this.#options = options;
    this.#expose = config.discovery.expose;
    this.#fetcher = new Fetcher({ lookup: options.lookup, timeout: () => this.#fetchTimeout });
    this.#fetchTimeout = config.farp.checks.fetch_timeout;
    this.#catalog = new Catalog({
      fetcher: this.#fetcher,
      worker: this.#worker,
      settings: catalogSettings(config),
      onChange: options.onChange,
      onEvent: (event) => this.#tell(event),
    });
    this.#providers = new Providers({
      log,
      onPublish: (provider, instances) => this.#catalog.publish(provider, instances),
    });
    collectServiceMetrics(options.metrics, this);
    this.configure(config, push);
  }

  configure(config: Config, push: Provider | null): void {
    this.#expose = config.discovery.expose;
    this.#fetchTimeout = config.farp.checks.fetch_timeout;
    this.#exposed = null;
    this.#catalog.configure(catalogSettings(config));
    this.#providers.configure(config, push, (providers) =>
      this.#catalog.setProviders(
        providers.map((provider) => ({
          name: provider.name,
          readKey: provider.read === undefined ? null : (key: string) => provider.read!(key),
        })),
      ),
    );
  }

  /** The routes of all exposed services; the same object as long as they are the same. */
  contribution({ config, routeDefaults }: LoadedConfig): Contribution {
    const { domain = '', max_routes: maxRoutes } = config.farp;
    const defaults = this.#spaced(routeDefaults);
    const built = this.#routes.build(this.#routed(), { defaults, domain, maxRoutes });
    this.#counts = built.counts;
    this.#tellProblems(built.problems);
    return built.contribution;
  }

  /** Health checks of thousands of instances would leave the primary no time for anything else. */
  #spaced(defaults: RouteDefaults): RouteDefaults {
    const interval = defaults.healthCheck?.interval ?? 0;
    const wanted = interval === 0 ? 0 : (this.#catalog.instanceCount * 1000) / interval / CHECKS_PER_SECOND;
    // In steps, as every step means other upstreams.
    const factor = wanted <= 1 ? 1 : 2 ** Math.ceil(Math.log2(wanted));
    if (factor === 1 || defaults.healthCheck === null) return defaults;
    if (this.#defaults?.of !== defaults || this.#defaults.factor !== factor) {
      const healthCheck = { ...defaults.healthCheck, interval: interval * factor };
      this.#defaults = { of: defaults, factor, spaced: { ...defaults, healthCheck } };
    }
    return this.#defaults.spaced;
  }

  /** Of every service that is known, exposed or not. */
  endpointsOf(service: string): readonly Endpoint[] {
    const entry = this.#catalog.entry(service);
    return entry === null ? [] : endpointsOf(entry.service.instances);
  }

  /** Those that have routes; the same list as long as nothing of them changes. */
  services(): readonly Service[] {
    const { revision } = this.#catalog;
    if (this.#exposed?.revision !== revision) {
      const entries = this.#catalog.entries().filter((entry) => this.isExposed(entry));
      this.#exposed = { revision, services: entries.map(({ service }) => service) };
    }
    return this.#exposed.services;
  }

  /** The same as routes are made of them. */
  #routed(): readonly Service[] {
    return this.#catalog
      .entries()
      .filter((entry) => this.isExposed(entry))
      .map(({ routed }) => routed);
  }

  /** A service that has said nothing is shown only if all are; one that tries to say something, only when it has. */
  isExposed(entry: ServiceEntry): boolean {
    return entry.isAnnounced || (this.#expose === 'all' && !entry.isPending);
  }

  /** Asks every instance of it for its manifest, unless that is under way. */
  refresh(service: string): void {
    for (const watch of this.#catalog.entry(service)?.watches.values() ?? []) watch.lookNow();
  }

  /** What of an instance's manifest is in force; null when nothing is (yet). */
  applied(service: string, instance: string): { routesChecksum: string; schemas: number } | null {
    const entry = this.#catalog.entry(service);
    const manifest = entry?.watches.get(instance)?.manifest ?? null;
    if (entry === null || manifest === null || !entry.isAnnounced) return null;
    return { routesChecksum: manifest.routesChecksum, schemas: entry.service.schemas.length };
  }

  /** For what is sent to services. */
  get fetcher(): Fetcher {
    return this.#fetcher;
  }

  entries(): readonly ServiceEntry[] {
    return this.#catalog.entries();
  }

  entry(name: string): ServiceEntry | null {
    return this.#catalog.entry(name);
  }

  /** Number of routes of each service by where they come from. */
  get routeCounts(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#counts;
  }

  /** Of the service itself, and of the routes that were made of it. */
  problemsOf(entry: ServiceEntry): readonly ServiceProblem[] {
    return [...entry.problems, ...this.#problems.filter(({ service }) => service === entry.name)];
  }

  providers(): readonly ProviderReport[] {
    return this.#providers.reports();
  }

  refusedInstances(): ReadonlyMap<string, string> {
    return this.#catalog.refused();
  }

  report(context: ReportContext): ServicesReport {
    return servicesReport(this, context);
  }

  /** null: there is no such service. */
  serviceReport(context: ReportContext, name: string): ServiceReport | null {
    return serviceReport(this, context, name);
  }

  /** Every backend has answered or failed, and every service that they told of was asked. */
  get isSettled(): boolean {
    return this.#providers.areKnown && this.#catalog.isSettled;
  }

  async close(): Promise<void> {
    this.#counts = new Map();
    this.#catalog.close();
    await Promise.all([this.#providers.close(), this.#fetcher.close(), this.#worker.close()]);
  }

  #tell({ service, kind, detail }: CatalogEvent): void {
    const { log, metrics } = this.#options;
    switch (kind) {
      case 'schema':
        metrics.recorder.counter('octopus_farp_schema_updates_total', { service }).add(1);
        break;
      case 'refused':
        log.warn('service: something of it is refused', { service, detail });
        break;
      case 'unreachable':
        log.warn('service: it cannot be asked', { service, detail });
        break;
      default:
        log.info(`service ${kind}`, { service, detail });
    }
  }

  #tellProblems(problems: readonly ServiceProblem[]): void {
    const { log } = this.#options;
    this.#problems = problems;
    this.#news.update(
      new Map(problems.map((problem) => [Object.values(problem).join(' '), problem])),
      ({ service, subject, message }) =>
        log.warn('service: a part of it has no route', { service, subject, reason: message }),
      (count) =>
        log.warn(`${count} more parts of services have no routes; see /_/services/NAME of the admin API`),
    );
  }
}

function catalogSettings({ farp }: Config): CatalogSettings {
  return {
    farp: farp.enabled,
    watchInterval: farp.watch_interval,
    schemaCacheTtl: farp.schema_cache_ttl,
    allowedHosts: farp.checks.allowed_hosts,
    strict: farp.checks.manifests === 'strict',
    checksum: farp.checks.checksum,
    schemaHash: farp.checks.schema_hash,
  };
}
