import { EndpointCells } from '../shared/endpoint-cells.js';
import { LIMIT_BYTES } from '../shared/limit-cells.js';
import { UpstreamCells } from '../shared/upstream-cells.js';
import { createRegion } from '../telemetry/region.js';
/** Everything zeroed, which is the empty state of every region. */
export function allocateSharedMemory(workers) {
    return {
        endpoints: new SharedArrayBuffer(EndpointCells.byteLength()),
        upstreams: new SharedArrayBuffer(UpstreamCells.byteLength()),
        limits: new SharedArrayBuffer(LIMIT_BYTES),
        metrics: Array.from({ length: workers }, () => createRegion()),
    };
}
//# sourceMappingURL=shared-memory.js.map