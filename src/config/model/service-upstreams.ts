/** Upstreams that take their endpoints from discovery. */
import type { Problems } from '../problems.ts';
import type { Config } from '../schema/schema.ts';
import { type ConfigNode, placeOfKey } from '../tree.ts';

/** By name of the upstream the service that it means. Warns of those that nobody will ever fill. */
export function serviceUpstreams(
  { upstreams, discovery, farp }: Config,
  root: ConfigNode,
  problems: Problems,
): Record<string, string> {
  const isDiscovering = farp.enabled || discovery.backend !== undefined || discovery.backends.length > 0;
  const services: [name: string, service: string][] = [];
  upstreams.forEach(({ name, service }, index) => {
    if (service === undefined) return;
    services.push([name, service]);
    if (isDiscovering) return;
    problems.warning(
      placeOfKey(root, ['upstreams', index, 'service']),
      `the service "${service}" is never found: no discovery.backend is set and farp.enabled is false; its routes answer 503`,
    );
  });
  return Object.fromEntries(services);
}
