import { mountsOf } from '../../farp/routes/mount.js';
import { byRank } from '../../farp/routes/rank.js';
import { documentedPaths } from '../../farp/routes/service-paths.js';
/** What the merged documents say of the services, where the gateway has them. @param domain `farp.domain` */
export function documentedServices(services, domain) {
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
function describedMount(service, domain) {
    const mounts = mountsOf(service, domain, () => { });
    const leading = service.manifest?.instanceId;
    return mounts.find(({ instances }) => instances.some(({ id }) => id === leading)) ?? mounts[0] ?? null;
}
function documented(service, schema, { prefix, host }) {
    const { type, document, metadata } = schema;
    if (type !== 'openapi' && type !== 'asyncapi')
        return [];
    const entries = documentedPaths(service, schema).map(({ key, spelled }) => [key, prefix + spelled]);
    return [{ type, document, metadata, host, paths: Object.fromEntries(entries) }];
}
//# sourceMappingURL=documented-services.js.map