import { EndpointCells } from '../shared/endpoint-cells.ts';
import { Heartbeats } from '../shared/heartbeats.ts';
import { LIMIT_BYTES } from '../shared/limit-cells.ts';
import type { SharedMemory } from '../shared/memory.ts';
import { UpstreamCells } from '../shared/upstream-cells.ts';
import { createRegion } from '../telemetry/region.ts';

/** Everything zeroed, which is the empty state of every region. */
export function allocateSharedMemory(workers: number): SharedMemory {
  return {
    endpoints: new SharedArrayBuffer(EndpointCells.byteLength()),
    upstreams: new SharedArrayBuffer(UpstreamCells.byteLength()),
    limits: new SharedArrayBuffer(LIMIT_BYTES),
    metrics: Array.from({ length: workers }, () => createRegion()),
    heartbeats: new SharedArrayBuffer(Heartbeats.byteLength()),
  };
}
