/** Upstream records for tests, complete but for what a test cares about. */
import type { Endpoint, Upstream } from '../../src/routing/model.ts';
import { EndpointCells } from '../../src/shared/endpoint-cells.ts';
import { UpstreamCells } from '../../src/shared/upstream-cells.ts';
import type { PickContext } from '../../src/upstream/pick-context.ts';

/** One endpoint per weight, in slots from `firstSlot` on. */
export function endpointsOf(weights: readonly number[], firstSlot = 0): Endpoint[] {
  return weights.map((weight, index) => ({
    address: `10.0.0.${index + 1}:8080`,
    host: `10.0.0.${index + 1}`,
    port: 8080,
    tls: false,
    weight,
    slot: firstSlot + index,
  }));
}

export function upstreamOf(weights: readonly number[], parts: Partial<Upstream> = {}): Upstream {
  return {
    name: 'users',
    slot: 0,
    endpoints: endpointsOf(weights),
    loadBalance: 'round-robin',
    hashOn: null,
    sticky: null,
    healthCheck: null,
    outlier: null,
    circuitBreaker: null,
    connections: { max: 1024, idleTimeout: 60_000 },
    pipelining: 1,
    protocol: 'h1',
    tls: { serverName: '', verify: true, credentials: '' },
    timeouts: { connect: 2_000, firstByte: 15_000, idle: 60_000, total: 0 },
    ...parts,
  };
}

/** `headers` by lower-case name. */
export function contextOf(
  headers: Record<string, string> = {},
  clientIp = '192.0.2.1',
  path = '/',
): PickContext {
  return { clientIp, path, headers: { get: (name) => headers[name.toLowerCase()] } };
}

export interface CellBuffers {
  readonly endpoints: SharedArrayBuffer;
  readonly upstreams: SharedArrayBuffer;
}

export function cellBuffers(): CellBuffers {
  return {
    endpoints: new SharedArrayBuffer(EndpointCells.byteLength()),
    upstreams: new SharedArrayBuffer(UpstreamCells.byteLength()),
  };
}

/** The cells as that worker sees them. */
export function cellsOf(
  buffers: CellBuffers,
  worker = 0,
): { endpoints: EndpointCells; upstreams: UpstreamCells } {
  return {
    endpoints: new EndpointCells(buffers.endpoints, worker),
    upstreams: new UpstreamCells(buffers.upstreams, worker),
  };
}
