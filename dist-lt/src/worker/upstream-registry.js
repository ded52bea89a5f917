import { Addresses } from '../upstream/addresses.js';
import { UpstreamGroup } from '../upstream/group.js';
import { PipelinedPool } from '../upstream/transports/h1/pipelined-pool.js';
import { H1Pool } from '../upstream/transports/h1/pool.js';
/** An upstream as one worker uses it. */
export class UpstreamRuntime {
    record;
    group;
    /** By endpoint index. */
    pools;
    metrics;
    /** Canonical text of the record, to tell whether a reload changed it. */
    text;
    /** Host field of each endpoint; the default port is left out (RFC 9110 section 7.2). */
    hosts;
    #cells;
    constructor(record, text, group, pools, metrics, cells) {
        this.record = record;
        this.text = text;
        this.group = group;
        this.pools = pools;
        this.metrics = metrics;
        this.#cells = cells;
        this.hosts = record.endpoints.map(({ address, host, port }) => (port === 80 ? host : address));
    }
    /** A try at the endpoint is in flight until `end`. */
    begin(endpoint) {
        this.#cells.begin(this.record.endpoints[endpoint].slot);
    }
    end(endpoint) {
        this.#cells.end(this.record.endpoints[endpoint].slot);
    }
}
/**
 * The upstreams of a worker by name. An upstream that a reload leaves alone keeps its object, and an endpoint that stays
 * keeps its connections even if the upstream around it changes.
 */
export class UpstreamRegistry {
    #runtimes = new Map();
    #pools = new Map();
    #pipelined = new Set();
    #addresses = new Addresses();
    #endpointCells;
    #upstreamCells;
    #recorder;
    #workerCount;
    constructor(endpointCells, upstreamCells, recorder, workerCount) {
        this.#endpointCells = endpointCells;
        this.#upstreamCells = upstreamCells;
        this.#recorder = recorder;
        this.#workerCount = workerCount;
    }
    setAddresses(book) {
        this.#addresses.set(book);
    }
    /** The runtime of an upstream record; the same object as long as the record says the same. */
    get(record) {
        const text = JSON.stringify(record);
        const known = this.#runtimes.get(record.name);
        if (known !== undefined && known.text === text)
            return known;
        const pools = record.endpoints.map((endpoint) => this.#pool(record, endpoint));
        const group = new UpstreamGroup(record, this.#endpointCells, this.#upstreamCells);
        const metrics = this.#recorder.upstream(record.name);
        const runtime = new UpstreamRuntime(record, text, group, pools, metrics, this.#endpointCells);
        this.#runtimes.set(record.name, runtime);
        return runtime;
    }
    #pool(record, endpoint) {
        const key = poolKey(record, endpoint);
        // Each worker takes its share, so that all together stay below the limit.
        const max = Math.max(1, Math.floor(record.connections.max / this.#workerCount));
        const { pipelining } = record;
        const options = { max, idleTimeout: record.connections.idleTimeout, pipelining };
        let pool = this.#pools.get(key);
        if (pool === undefined) {
            const Pool = pipelining > 1 ? PipelinedPool : H1Pool;
            const metrics = this.#recorder.upstream(record.name);
            pool = new Pool(endpoint.host, endpoint.port, this.#addresses, options, metrics);
            if (pool instanceof PipelinedPool)
                this.#pipelined.add(pool);
            this.#pools.set(key, pool);
        }
        else {
            pool.setOptions(options);
            pool.reopen();
        }
        return pool;
    }
    /** Lets go of what the current generation no longer has. `current` looks a record up by name. */
    retire(current) {
        const keep = new Set();
        for (const [name, runtime] of this.#runtimes) {
            const record = current(name);
            if (record === undefined) {
                this.#runtimes.delete(name);
                continue;
            }
            const live = this.get(record);
            for (const endpoint of live.record.endpoints)
                keep.add(poolKey(live.record, endpoint));
            if (live !== runtime)
                this.#runtimes.set(name, live);
        }
        for (const [key, pool] of this.#pools) {
            if (keep.has(key))
                continue;
            pool.close();
            this.#pools.delete(key);
            if (pool instanceof PipelinedPool)
                this.#pipelined.delete(pool);
        }
    }
    sweep(now) {
        for (const pool of this.#pools.values())
            pool.sweep(now);
    }
    /** Between two sweeps: nobody shall wait long for another call on the same connection. */
    checkShared(now) {
        for (const pool of this.#pipelined)
            pool.check(now);
    }
}
/** An upstream that changes between pipelining and none gets new pools. */
function poolKey({ name, pipelining }, { host, port }) {
    return `${name}\0${host}\0${port}\0${pipelining > 1}`;
}
//# sourceMappingURL=upstream-registry.js.map