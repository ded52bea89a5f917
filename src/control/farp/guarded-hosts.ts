import type { RouteSet } from '../../routing/model.ts';

/**
 * Hosts that only discovered services have as endpoints. Whoever announces a service chooses the name, and what it means
 * from one moment to the next: it must not come to mean a metadata service (protocol digest 16).
 */
export function guardedHosts({ routes, upstreams }: RouteSet): Set<string> {
  const discovered = new Set<string>();
  for (const { source, action } of routes)
    if (source === 'farp' && action.kind === 'proxy')
      for (const { upstream } of action.targets) discovered.add(upstream);
  const guarded = new Set<string>();
  for (const { name, endpoints } of upstreams)
    if (discovered.has(name)) for (const { host } of endpoints) guarded.add(host);
  for (const { name, endpoints } of upstreams)
    if (!discovered.has(name)) for (const { host } of endpoints) guarded.delete(host);
  return guarded;
}
