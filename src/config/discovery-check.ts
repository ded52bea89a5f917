/** What `discovery` finds but nothing would use. */
import { configuredBackends } from './backends.ts';
import type { Problems } from './problems.ts';
import type { Config } from './schema/schema.ts';
import { type ConfigNode, placeOfKey } from './tree.ts';

export function checkDiscovery(
  { discovery, farp, upstreams }: Config,
  root: ConfigNode,
  problems: Problems,
): void {
  if (configuredBackends(discovery).length === 0 || discovery.expose === 'all' || farp.enabled) return;
  if (upstreams.some(({ service }) => service !== undefined)) return;
  problems.warning(
    placeOfKey(root, ['discovery']),
    'discovery: no service that is found gets routes; set farp.enabled: true for those that speak FARP, ' +
      'discovery.expose: all for every one, or name it as "service" of an upstream',
  );
}
