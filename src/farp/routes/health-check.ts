import type { HealthCheck } from '../../routing/model.ts';
import type { Service } from '../model.ts';
import type { ServicePath } from './service-path.ts';

const GRPC_HEALTH = '/grpc.health.v1.Health/';

/**
 * The path that the service states for its health, checked the way that `routing.health_check` says. An answer that is
 * no server error counts as life: a path that the service has misspelt must not take it down.
 */
export function healthCheckOf(
  { manifest, instances }: Service,
  template: HealthCheck | null,
): HealthCheck | null {
  const stated = manifest?.endpoints.health ?? '';
  if (template === null || stated === '') return null;
  const path = pathAtInstances(
    stated,
    instances.map(({ port }) => port),
  );
  if (path === '') return null;
  return path === `${GRPC_HEALTH}Check`
    ? { ...template, grpcService: '' }
    : { ...template, grpcService: null, path, expect: [[200, 499]] };
}

/** A service that lists the health service of gRPC among its own is asked by it where gRPC calls go. */
export function grpcHealthCheckOf(
  paths: readonly ServicePath[],
  template: HealthCheck | null,
): HealthCheck | null {
  const hasHealth = paths.some(({ unmounted, path }) => unmounted && path.startsWith(GRPC_HEALTH));
  return template !== null && hasHealth ? { ...template, grpcService: '' } : null;
}

/** A URL with another port than the endpoints is checked by nobody here. */
function pathAtInstances(stated: string, ports: readonly number[]): string {
  if (stated.startsWith('/')) return /[\s#]/.test(stated) ? '' : stated;
  if (!URL.canParse(stated)) return '';
  const url = new URL(stated);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return ports.every((other) => other === port) ? url.pathname + url.search : '';
}
