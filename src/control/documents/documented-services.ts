import type { Schema, Service } from '../../farp/model.ts';
import { type Mount, mountsOf } from '../../farp/routes/mount.ts';
import { byRank } from '../../farp/routes/rank.ts';
import { documentedPaths } from '../../farp/routes/service-paths.ts';
import type { DocumentedSchema, DocumentedService } from '../../federation/model.ts';

/** What the merged documents say of the services, where the gateway has them. @param domain `farp.domain` */
export function documentedServices(services: readonly Service[], domain: string): DocumentedService[] {
  return services.toSorted(byRank).map((service) => {
    const mount = describedMount(service, domain);
    return {
      name: service.name,
      version: service.manifest?.serviceVersion ?? '',
      schemas: mount === null ? [] : service.schemas.flatMap((schema) => documented(service, schema, mount)),
    };
  });
}

/** Of a service that appears in several places the one that the manifest in force belongs to, which the schemas are of. */
function describedMount(service: Service, domain: string): Mount | null {
  const mounts = mountsOf(service, domain, () => {});
  const leading = service.manifest?.instanceId;
  return mounts.find(({ instances }) => instances.some(({ id }) => id === leading)) ?? mounts[0] ?? null;
}

function documented(service: Service, schema: Schema, { prefix, host }: Mount): DocumentedSchema[] {
  const { type, document, digest, metadata } = schema;
  if (type !== 'openapi' && type !== 'asyncapi') return [];
  const entries = documentedPaths(service, schema).map(
    ({ key, spelled }) => [key, prefix + spelled] as const,
  );
  return [{ type, document, digest, metadata, host, paths: Object.fromEntries(entries) }];
}
