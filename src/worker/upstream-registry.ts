import { flat } from '../http/latin1.ts';
import type { Endpoint, Upstream } from '../routing/model.ts';
import type { EndpointCells } from '../shared/endpoint-cells.ts';
import type { AddressBook, Generation } from '../shared/messages.ts';
import type { UpstreamCredentials } from '../shared/tls-settings.ts';
import type { UpstreamCells } from '../shared/upstream-cells.ts';
import type { Recorder } from '../telemetry/recorder.ts';
import type { UpstreamMetrics } from '../telemetry/upstream-metrics.ts';
import { Addresses, EndpointDialer } from '../upstream/addresses.ts';
import { UpstreamGroup } from '../upstream/group.ts';
import { AlpnPool } from '../upstream/transports/alpn-pool.ts';
import { PipelinedPool } from '../upstream/transports/h1/pipelined-pool.ts';
import { H1Pool } from '../upstream/transports/h1/pool.ts';
import type { H2Pool } from '../upstream/transports/h2/pool.ts';
import type { Dialer, PoolOptions, UpstreamPool } from '../upstream/transports/upstream-pool.ts';
import { hostLine } from './upstream-request.ts';

/** What is offered in TLS handshakes. */
const H1 = ['http/1.1'] as const;
const H2 = ['h2'] as const;

/** An upstream as one worker uses it. */
export class UpstreamRuntime {
  readonly record: Upstream;
  readonly group: UpstreamGroup;
  /** By endpoint index. */
  readonly pools: readonly UpstreamPool[];
  readonly metrics: UpstreamMetrics;
  /** Canonical text of the record, to tell whether a reload changed it. */
  readonly text: string;

  /** Version and Host line for each endpoint; the default port is left out (RFC 9110 section 7.2). */
  readonly hostLines: readonly string[];
  readonly #cells: EndpointCells;

  constructor(
    record: Upstream,
    text: string,
    group: UpstreamGroup,
    pools: readonly UpstreamPool[],
    metrics: UpstreamMetrics,
    cells: EndpointCells,
  ) {
    this.record = record;
    this.text = text;
    this.group = group;
    this.pools = pools;
    this.metrics = metrics;
    this.#cells = cells;
    this.hostLines = record.endpoints.map(({ address, port, tls }) =>
      flat(hostLine(port === (tls ? 443 : 80) ? address.slice(0, address.lastIndexOf(':')) : address)),
    );
  }

  /** A try at the endpoint is in flight until `end`. */
  begin(endpoint: number): void {
    this.#cells.begin(this.record.endpoints[endpoint]!.slot);
  }

  end(endpoint: number): void {
    this.#cells.end(this.record.endpoints[endpoint]!.slot);
  }
}

/**
 * The upstreams of a worker by name. An upstream that a reload leaves alone keeps its object, and an endpoint that stays
 * keeps its connections even if the upstream around it changes.
 */
export class UpstreamRegistry {
  readonly #runtimes = new Map<string, UpstreamRuntime>();
  readonly #pools = new Map<string, UpstreamPool>();
  readonly #pipelined = new Set<PipelinedPool>();
  readonly #addresses = new Addresses();
  readonly #transports: {
    tls?: typeof import('../upstream/transports/tls-connector.ts');
    h2?: typeof import('../upstream/transports/h2/pool.ts');
  } = {};
  #credentials: UpstreamCredentials = {};
  #latestCredentials: UpstreamCredentials = {};
  readonly #endpointCells: EndpointCells;
  readonly #upstreamCells: UpstreamCells;
  readonly #recorder: Recorder;
  readonly #workerCount: number;

  constructor(
    endpointCells: EndpointCells,
    upstreamCells: UpstreamCells,
    recorder: Recorder,
    workerCount: number,
  ) {
    this.#endpointCells = endpointCells;
    this.#upstreamCells = upstreamCells;
    this.#recorder = recorder;
    this.#workerCount = workerCount;
  }

  /** Before a generation is used: loads the code that only some of them need, and takes over its certificates. */
  async prepare({ transports, credentials }: Pick<Generation, 'transports' | 'credentials'>): Promise<void> {
    if (transports.includes('tls'))
      this.#transports.tls ??= await import('../upstream/transports/tls-connector.ts');
    if (transports.includes('h2')) this.#transports.h2 ??= await import('../upstream/transports/h2/pool.ts');
    // Exchanges of the generation before may still open connections with theirs.
    this.#credentials = { ...this.#latestCredentials, ...credentials };
    this.#latestCredentials = credentials;
  }

  setAddresses(book: AddressBook): void {
    this.#addresses.set(book);
  }

  /** The runtime of an upstream record; the same object as long as the record says the same. */
  get(record: Upstream): UpstreamRuntime {
    const text = JSON.stringify(record);
    const known = this.#runtimes.get(record.name);
    if (known !== undefined && known.text === text) return known;
    const pools = record.endpoints.map((endpoint) => this.#pool(record, endpoint));
    const group = new UpstreamGroup(record, this.#endpointCells, this.#upstreamCells);
    const metrics = this.#recorder.upstream(record.name);
    const runtime = new UpstreamRuntime(record, text, group, pools, metrics, this.#endpointCells);
    this.#runtimes.set(record.name, runtime);
    return runtime;
  }

  #pool(record: Upstream, endpoint: Endpoint): UpstreamPool {
    const key = poolKey(record, endpoint);
    // Each worker takes its share, so that all together stay below the limit.
    const max = Math.max(1, Math.floor(record.connections.max / this.#workerCount));
    const { pipelining } = record;
    const options = { max, idleTimeout: record.connections.idleTimeout, pipelining };
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = this.#create(record, endpoint, options);
      if (pool instanceof PipelinedPool) this.#pipelined.add(pool);
      this.#pools.set(key, pool);
    } else {
      pool.setOptions(options);
      pool.reopen();
    }
    return pool;
  }

  #create(record: Upstream, endpoint: Endpoint, options: PoolOptions): UpstreamPool {
    const { host, port, tls } = endpoint;
    const metrics = this.#recorder.upstream(record.name);
    const h1 = (): H1Pool => new H1Pool(host, port, this.#dialer(record, endpoint, H1), options, metrics);
    const h2 = (): H2Pool =>
      new this.#transports.h2!.H2Pool(host, port, this.#dialer(record, endpoint, H2), options, metrics);
    if (record.protocol === 'h2') return h2();
    // Without TLS there is nothing to agree in.
    if (record.protocol === 'auto' && tls) {
      return new AlpnPool(host, port, this.#dialer(record, endpoint, [...H2, ...H1]), h1(), h2());
    }
    if (options.pipelining > 1) {
      return new PipelinedPool(host, port, this.#dialer(record, endpoint, H1), options, metrics);
    }
    return h1();
  }

  #dialer(record: Upstream, { host, tls }: Endpoint, alpn: readonly string[]): Dialer {
    if (!tls) return this.#addresses;
    const { TlsConnector } = this.#transports.tls!;
    const credentials = this.#credentials[record.tls.credentials];
    return new EndpointDialer(this.#addresses, new TlsConnector(host, record.tls, credentials, alpn));
  }

  /** Lets go of what the current generation no longer has. `current` looks a record up by name. */
  retire(current: (name: string) => Upstream | undefined): void {
    const keep = new Set<string>();
    for (const [name, runtime] of this.#runtimes) {
      const record = current(name);
      if (record === undefined) {
        this.#runtimes.delete(name);
        continue;
      }
      const live = this.get(record);
      for (const endpoint of live.record.endpoints) keep.add(poolKey(live.record, endpoint));
      if (live !== runtime) this.#runtimes.set(name, live);
    }
    for (const [key, pool] of this.#pools) {
      if (keep.has(key)) continue;
      pool.close();
      this.#pools.delete(key);
      if (pool instanceof PipelinedPool) this.#pipelined.delete(pool);
    }
  }

  sweep(now: number): void {
    for (const pool of this.#pools.values()) pool.sweep(now);
  }

  /** Between two sweeps: nobody shall wait long for another call on the same connection. */
  checkShared(now: number): void {
    for (const pool of this.#pipelined) pool.check(now);
  }
}

/** What makes two connections to an endpoint different: a change of any of it leads to new ones. */
function poolKey({ name, pipelining, protocol, tls }: Upstream, endpoint: Endpoint): string {
  const { host, port } = endpoint;
  const security = endpoint.tls ? `${tls.serverName}\0${tls.verify}\0${tls.credentials}` : '';
  return `${name}\0${host}\0${port}\0${protocol}\0${pipelining > 1}\0${security}`;
}
