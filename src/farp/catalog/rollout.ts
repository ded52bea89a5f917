/**
 * Which manifests of a service count while its instances do not agree (7.5): the newest rules, and as long as others are
 * served by instances that take requests, their paths stay.
 */
import type { Manifest, ManifestRoute, Schema, Service } from '../model.ts';
import type { InstanceWatch } from './instance-watch.ts';

/** More versions than this at once are no rollout. */
const MAX_VERSIONS = 3;
const ROUTABLE: ReadonlySet<string> = new Set(['', 'healthy', 'degraded']);

/**
 * One instance for each different manifest, the ruling one first: an instance that takes requests before one that does
 * not (yet), then the newest manifest, then the one that already rules.
 *
 * @param ruling id of the instance whose manifest rules now
 */
export function leadersOf(watches: Iterable<InstanceWatch>, ruling: string): InstanceWatch[] {
  const accepted = [...watches].filter(({ state, manifest }) => state === 'accepted' && manifest !== null);
  accepted.sort((a, b) => compare(a, b, ruling));
  const leaders: InstanceWatch[] = [];
  const known = new Set<string>();
  for (const watch of accepted) {
    const signature = signatureOf(watch.manifest!);
    const counts = leaders.length === 0 || (takesRequests(watch) && leaders.length < MAX_VERSIONS);
    if (!counts || known.has(signature)) continue;
    known.add(signature);
    leaders.push(watch);
  }
  return leaders;
}

/** The service as routes are made of it: with the paths that only its older instances have. */
export function withOlder(
  service: Service,
  older: readonly Schema[],
  manifests: readonly Manifest[],
): Service {
  const { manifest, schemas } = service;
  // A table takes the place of schemas, so that it must not come from an older manifest alone.
  const hasTable = manifest !== null && manifest.routeTable.length > 0;
  const routes = hasTable ? manifests.flatMap(({ routeTable }) => routeTable) : [];
  if (manifest === null || (older.length === 0 && routes.length === 0)) return service;
  return {
    ...service,
    schemas: [...schemas, ...older],
    manifest: { ...manifest, routeTable: distinct([...manifest.routeTable, ...routes]) },
  };
}

function compare(a: InstanceWatch, b: InstanceWatch, ruling: string): number {
  return (
    Number(takesRequests(b)) - Number(takesRequests(a)) ||
    b.manifest!.updatedAt - a.manifest!.updatedAt ||
    Number(b.instance.id === ruling) - Number(a.instance.id === ruling) ||
    (a.instance.id < b.instance.id ? -1 : 1)
  );
}

function takesRequests({ instance, manifest }: InstanceWatch): boolean {
  const stated = manifest?.instance ?? null;
  if (!ROUTABLE.has(instance.status) || instance.weight <= 0) return false;
  return stated === null || (ROUTABLE.has(stated.status) && stated.role !== 'shadow');
}

/** Equal for manifests that mean the same routes. Without hashes that cannot be told, and they are taken for equal. */
function signatureOf({ schemas, routeTable }: Manifest): string {
  return JSON.stringify([schemas.map(({ type, hash }) => [type, hash]), routeTable]);
}

function distinct(routes: readonly ManifestRoute[]): ManifestRoute[] {
  const keyOf = ({ path, methods, protocol }: ManifestRoute) => JSON.stringify([path, methods, protocol]);
  return [...new Map(routes.toReversed().map((route) => [keyOf(route), route])).values()].toReversed();
}
