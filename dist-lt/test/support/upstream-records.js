import { EndpointCells } from '../../src/shared/endpoint-cells.js';
import { UpstreamCells } from '../../src/shared/upstream-cells.js';
/** One endpoint per weight, in slots from `firstSlot` on. */
export function endpointsOf(weights, firstSlot = 0) {
    return weights.map((weight, index) => ({
        address: `10.0.0.${index + 1}:8080`,
        host: `10.0.0.${index + 1}`,
        port: 8080,
        tls: false,
        weight,
        slot: firstSlot + index,
    }));
}
export function upstreamOf(weights, parts = {}) {
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
export function contextOf(headers = {}, clientIp = '192.0.2.1', path = '/') {
    return { clientIp, path, headers: { get: (name) => headers[name.toLowerCase()] } };
}
export function cellBuffers() {
    return {
        endpoints: new SharedArrayBuffer(EndpointCells.byteLength()),
        upstreams: new SharedArrayBuffer(UpstreamCells.byteLength()),
    };
}
/** The cells as that worker sees them. */
export function cellsOf(buffers, worker = 0) {
    return {
        endpoints: new EndpointCells(buffers.endpoints, worker),
        upstreams: new UpstreamCells(buffers.upstreams, worker),
    };
}
//# sourceMappingURL=upstream-records.js.map