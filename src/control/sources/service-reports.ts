/** Discovered services as the admin API shows them: without secrets. */
import type {
  BackendReport,
  InstanceReport,
  SchemaReport,
  ServiceReport,
  ServiceSummary,
  ServicesReport,
} from '../../admin/service-report.ts';
import { routeView } from '../../admin/views.ts';
import type { InstanceWatch } from '../../farp/catalog/instance-watch.ts';
import type { ServiceEntry } from '../../farp/catalog/service-entry.ts';
import { originOf } from '../../farp/fetch/locations.ts';
import { withoutSecrets } from '../../farp/manifest/public-manifest.ts';
import type { Schema, ServiceProblem } from '../../farp/model.ts';
import type { Route } from '../../routing/model.ts';
import type { MergeProblem } from './contribution.ts';
import type { ProviderReport } from './provider-status.ts';

/** What is known of the services. */
export interface KnownServices {
  entries(): readonly ServiceEntry[];
  entry(name: string): ServiceEntry | null;
  isExposed(entry: ServiceEntry): boolean;
  readonly routeCounts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  problemsOf(entry: ServiceEntry): readonly ServiceProblem[];
  providers(): readonly ProviderReport[];
  refusedInstances(): ReadonlyMap<string, string>;
}

/** What is known of the gateway. */
export interface ReportContext {
  /** What was left out when the sources were put together. */
  readonly problems: readonly MergeProblem[];
  /** Those in force. */
  readonly routes: readonly Route[];
  /** Health of an endpoint of the service by `host:port`; undefined when the service has no such endpoint. */
  readonly health: (service: string, address: string) => 'healthy' | 'unhealthy' | 'unknown' | undefined;
}

export function servicesReport(discovered: KnownServices, { problems }: ReportContext): ServicesReport {
  return {
    services: discovered.entries().map((entry) => summary(discovered, entry)),
    backends: discovered.providers().map(backendReport),
    refused: [
      ...[...discovered.refusedInstances()].map(([subject, reason]) => ({ subject, reason })),
      ...problems.map(({ subject, message }) => ({ subject, reason: message })),
    ],
  };
}

/** null: there is no such service. */
export function serviceReport(
  discovered: KnownServices,
  context: ReportContext,
  name: string,
): ServiceReport | null {
  const { routes } = context;
  const entry = discovered.entry(name);
  if (entry === null) return null;
  const { manifest, schemas } = entry.service;
  return {
    ...summary(discovered, entry),
    manifest: manifest === null ? null : withoutSecrets(manifest),
    schemas: schemas.map(schemaReport),
    instance_list: [...entry.watches.values()].map((watch) => instanceReport(context, entry.name, watch)),
    route_list: routes.filter(({ id }) => id.startsWith(`farp:${entry.name}:`)).map(routeView),
    problems: discovered.problemsOf(entry).map(({ subject, message }) => ({ subject, message })),
    history: entry.history.entries.map(({ at, event, detail }) => ({ at: at.toISOString(), event, detail })),
  };
}

function summary(discovered: KnownServices, entry: ServiceEntry): ServiceSummary {
  const { name, service, since, changedAt, lastError, lastErrorAt } = entry;
  return {
    name,
    state: discovered.isExposed(entry) ? 'serving' : entry.isPending ? 'pending' : 'hidden',
    version: service.manifest?.serviceVersion || (service.instances[0]?.version ?? ''),
    instances: entry.watches.size,
    routes: Object.fromEntries(discovered.routeCounts.get(name) ?? []),
    since: since.toISOString(),
    changed_at: changedAt.toISOString(),
    last_error: lastError,
    last_error_at: lastErrorAt?.toISOString() ?? null,
  };
}

function schemaReport({ type, specVersion, origin, digest }: Schema): SchemaReport {
  // A query may hold a token.
  return { type, spec_version: specVersion, origin: origin.replace(/\?.*$/s, ''), digest };
}

function instanceReport({ health }: ReportContext, service: string, watch: InstanceWatch): InstanceReport {
  const { instance, provider, state, manifest, error, warnings, lastLook } = watch;
  const { id, version, status, weight, zone, tags } = instance;
  const address = originOf(instance).replace(/^https?:\/\//, '');
  return {
    id,
    backend: provider,
    address,
    version,
    status,
    weight,
    zone,
    tags,
    manifest: state,
    checksum: manifest?.checksum ?? '',
    health: health(service, address) ?? 'none',
    last_look: lastLook?.toISOString() ?? null,
    error,
    warnings,
  };
}

function backendReport({
  name,
  state,
  staleSeconds,
  error,
  failures,
  instances,
  refused,
}: ProviderReport): BackendReport {
  return { name, state, stale_seconds: staleSeconds, error, failures, instances, refused };
}
