/** The parts that the primary thread owns for as long as the process lives. */
import { randomBytes } from 'node:crypto';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema/schema.ts';
import { hostFault } from '../farp/push/address.ts';
import type { RouteSet } from '../routing/model.ts';
import { EndpointCells } from '../shared/endpoint-cells.ts';
import { Heartbeats } from '../shared/heartbeats.ts';
import type { ControlRequestMessage } from '../shared/messages.ts';
import type { UpstreamCredentials } from '../shared/tls-settings.ts';
import { UpstreamCells } from '../shared/upstream-cells.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { MetricsStore } from '../telemetry/metrics-store.ts';
import { checkEngine } from './check-engine.ts';
import { NameResolver, type ResolverSettings } from './dns/name-resolver.ts';
import type { FarpEndpoints } from './farp/farp-endpoints.ts';
import { guardedHosts } from './farp/guarded-hosts.ts';
import { HangWatch } from './hang-watch.ts';
import { HealthChecker, type HealthTransition } from './health/health-checker.ts';
import type { ControlLog } from './log.ts';
import { collectPrimaryMetrics } from './primary-metrics.ts';
import { Publisher } from './publisher.ts';
import { RouteLog } from './reload-log.ts';
import { allocateSharedMemory } from './shared-memory.ts';
import { SlotAllocator } from './slots.ts';
import { GatewayStatus } from './status.ts';
import { tlsOf } from './tls/material.ts';
import { TicketKeys } from './tls/ticket-keys.ts';
import { WorkerPool } from './worker-pool.ts';
import { WorkerReports } from './worker-reports.ts';

export interface ControlPlaneOptions {
  readonly first: LoadedConfig;
  readonly workers: number;
  /** IP literal. */
  readonly host: string;
  readonly port: number;
  /** 0 when TLS is off. */
  readonly tlsPort: number;
  readonly logger: Logger;
  readonly metrics: MetricsStore;
}

const WORKER_ENTRY = new URL('../worker/main.js', import.meta.url);

export class ControlPlane {
  readonly status = new GatewayStatus();
  readonly endpointCells: EndpointCells;
  readonly upstreamCells: UpstreamCells;
  readonly workers: WorkerPool;
  readonly hangWatch: HangWatch;
  /** Resolves with the index of a worker thread that hangs and cannot be ended. */
  readonly stuck: Promise<number>;
  readonly resolver: NameResolver;
  readonly health: HealthChecker;
  readonly publisher: Publisher;
  readonly ticketKeys: TicketKeys;
  /** Null until a configuration wants it. */
  farp: FarpEndpoints | null = null;
  readonly #logger: Logger;
  readonly #metrics: MetricsStore;
  #credentials: UpstreamCredentials = {};

  constructor(options: ControlPlaneOptions) {
    const { first, logger, metrics, workers: count, host, port, tlsPort } = options;
    this.#logger = logger;
    this.#metrics = metrics;
    checkEngine(first.config.server.engine, host, port);
    const memory = allocateSharedMemory(count);
    const endpointCells = new EndpointCells(memory.endpoints, -1);
    const upstreamCells = new UpstreamCells(memory.upstreams, -1);
    const { status } = this;
    const routeLog = new RouteLog(logger);
    this.endpointCells = endpointCells;
    this.upstreamCells = upstreamCells;
    const reports = new WorkerReports({ memory, metrics, status, logger, endpointCells, upstreamCells });
    const restarts = metrics.recorder.counter('octopus_worker_restarts_total', {});
    let reportStuck: (worker: number) => void;
    this.stuck = new Promise((resolve) => {
      reportStuck = resolve;
    });
    this.workers = new WorkerPool({
      entry: WORKER_ENTRY,
      count,
      engine: first.config.server.engine,
      pinCpus: first.config.server.pin_cpus,
      directSockets: first.config.server.direct_sockets,
      ioUring: first.config.server.io_uring,
      host,
      port,
      tlsPort,
      memory,
      log: logger,
      onMessage: (worker, message) => {
        if (message.type === 'control-request') void this.#answer(worker, message);
        else reports.receive(worker, message);
      },
      onDeath: (worker) => reports.bury(worker),
      onRestart: () => {
        restarts.add(1);
        status.workerRestarts++;
      },
      onStuck: (worker) => reportStuck(worker),
    });
    const hangs = metrics.recorder.counter('octopus_worker_hangs_total', {});
    this.hangWatch = new HangWatch({
      workers: count,
      heartbeats: new Heartbeats(memory.heartbeats),
      isServing: (worker) => this.workers.isServing(worker),
      onHang: (worker, silence) => {
        hangs.add(1);
        this.workers.replaceHung(worker, silence);
      },
    });
    this.resolver = new NameResolver({
      ...resolverSettings(first.config),
      log: logger,
      isForbidden: (address) => hostFault(address) !== '',
      onChange: (addresses) => this.workers.setAddresses(addresses),
    });
    this.health = new HealthChecker({
      cells: endpointCells,
      resolve: (name) => this.resolver.addressesOf(name),
      credentials: (digest) => this.#credentials[digest],
      onTransition: (transition) => logTransition(logger, transition),
    });
    this.ticketKeys = new TicketKeys((keys) => this.workers.setTicketKeys(keys));
    this.publisher = new Publisher({
      ticketKeys: this.ticketKeys,
      pool: this.workers,
      slots: new SlotAllocator(endpointCells, upstreamCells),
      status,
      instanceId: randomBytes(6).toString('hex'),
      resolve: (routeSet, patience) => {
        this.resolver.guard(guardedHosts(routeSet));
        return this.resolver.resolveAll(hostsOf(routeSet), patience);
      },
      onPublished: (inForce) => {
        routeLog.published(inForce);
        this.farp?.published(inForce);
      },
      onSettled: ({ config, routeSet }) => {
        this.hangWatch.configure(config.server.worker_hang_timeout);
        this.resolver.configure(resolverSettings(config));
        this.resolver.guard(guardedHosts(routeSet));
        this.resolver.retain(hostsOf(routeSet));
        this.ticketKeys.rotateEvery(config.tls.enabled ? config.tls.ticket_rotation : 0);
        this.#credentials = tlsOf(config).credentials;
        this.health.update(routeSet.upstreams);
        // Names may have moved since the generation was made.
        this.workers.setAddresses(this.resolver.addresses());
      },
    });
    collectPrimaryMetrics(metrics, this);
  }

  /** To be called before each generation is published. What a gateway without services does not need is not loaded. */
  async useFarp(config: Config): Promise<void> {
    this.farp?.configure(config);
    if (this.farp !== null || !config.farp.enabled) return;
    const { FarpEndpoints } = await import('./farp/farp-endpoints.ts');
    this.farp = new FarpEndpoints({ config, logger: this.#logger, metrics: this.#metrics });
  }

  async #answer(worker: number, { id, type, ...request }: ControlRequestMessage): Promise<void> {
    const response = await this.farp?.handle({ ...request, admin: false });
    const { status, headers, body } = response ?? { status: 404, headers: {}, body: '' };
    this.workers.answer(worker, { type: 'control-response', id, status, headers, body });
  }

  /** Stops everything at once. */
  close(): void {
    this.publisher.close();
    this.hangWatch.stop();
    this.ticketKeys.stop();
    this.health.stop();
    this.resolver.stop();
    this.workers.stop();
  }
}

function hostsOf(routeSet: RouteSet): Set<string> {
  return new Set(routeSet.upstreams.flatMap(({ endpoints }) => endpoints.map(({ host }) => host)));
}

function resolverSettings({ server }: Config): ResolverSettings {
  return { servers: server.dns.servers, minTtl: server.dns.min_ttl, maxTtl: server.dns.max_ttl };
}

function logTransition(
  log: ControlLog,
  { upstream, endpoint, healthy, first, reason }: HealthTransition,
): void {
  if (!healthy) log.warn('endpoint is unhealthy', { upstream, endpoint, reason });
  else if (first) log.debug('endpoint is healthy', { upstream, endpoint });
  else log.info('endpoint is healthy again', { upstream, endpoint });
}
