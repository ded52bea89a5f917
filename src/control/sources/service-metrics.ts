import type { MetricsStore } from '../../telemetry/metrics-store.ts';
import type { KnownServices } from './service-reports.ts';

/** What the primary reads from what it knows of services and backends, at each scrape. */
export function collectServiceMetrics(metrics: MetricsStore, known: KnownServices): void {
  metrics.collect('octopus_farp_services_total', () => [
    { labels: {}, value: known.entries().filter(({ isAnnounced }) => isAnnounced).length },
  ]);
  metrics.collect('octopus_farp_routes_total', () =>
    [...known.routeCounts].flatMap(([service, types]) =>
      [...types].map(([type, value]) => ({ labels: { service, type }, value })),
    ),
  );
  metrics.collect('octopus_discovery_up', () =>
    known
      .providers()
      .map(({ name, state }) => ({ labels: { backend: name }, value: state === 'ok' ? 1 : 0 })),
  );
  metrics.collect('octopus_discovery_stale_seconds', () =>
    known
      .providers()
      .flatMap(({ name, staleSeconds }) =>
        staleSeconds === null ? [] : [{ labels: { backend: name }, value: staleSeconds }],
      ),
  );
  metrics.collect('octopus_discovery_failures_total', () =>
    known.providers().map(({ name, failures }) => ({ labels: { backend: name }, value: failures })),
  );
  metrics.collect('octopus_discovery_instances', () =>
    known.providers().map(({ name, instances }) => ({ labels: { backend: name }, value: instances })),
  );
}
