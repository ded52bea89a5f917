/** The parts that the primary thread owns for as long as the process lives. */
import { randomBytes } from 'node:crypto';
import { EndpointCells } from '../shared/endpoint-cells.js';
import { UpstreamCells } from '../shared/upstream-cells.js';
import { checkEngine } from './check-engine.js';
import { NameResolver } from './dns/name-resolver.js';
import { HealthChecker } from './health/health-checker.js';
import { collectPrimaryMetrics } from './primary-metrics.js';
import { Publisher } from './publisher.js';
import { logRoutes } from './reload-log.js';
import { allocateSharedMemory } from './shared-memory.js';
import { SlotAllocator } from './slots.js';
import { GatewayStatus } from './status.js';
import { TicketKeys } from './tls/ticket-keys.js';
import { WorkerPool } from './worker-pool.js';
import { WorkerReports } from './worker-reports.js';
/** A name that has no address by then is looked up further while the generation is already served. Milliseconds. */
const RESOLVE_PATIENCE = 1_000;
const WORKER_ENTRY = new URL('../worker/main.js', import.meta.url);
export class ControlPlane {
    status = new GatewayStatus();
    endpointCells;
    upstreamCells;
    workers;
    resolver;
    health;
    publisher;
    ticketKeys;
    constructor(options) {
        const { first, logger, metrics, workers: count, host, port, tlsPort } = options;
        checkEngine(first.config.server.engine, host, port);
        const memory = allocateSharedMemory(count);
        const endpointCells = new EndpointCells(memory.endpoints, -1);
        const upstreamCells = new UpstreamCells(memory.upstreams, -1);
        const { status } = this;
        this.endpointCells = endpointCells;
        this.upstreamCells = upstreamCells;
        const reports = new WorkerReports({ memory, metrics, status, logger, endpointCells, upstreamCells });
        const restarts = metrics.recorder.counter('octopus_worker_restarts_total', {});
        this.workers = new WorkerPool({
            entry: WORKER_ENTRY,
            count,
            engine: first.config.server.engine,
            host,
            port,
            tlsPort,
            memory,
            log: logger,
            onMessage: (worker, message) => reports.receive(worker, message),
            onDeath: (worker) => reports.bury(worker),
            onRestart: () => {
                restarts.add(1);
                status.workerRestarts++;
            },
        });
        this.resolver = new NameResolver({
            ...resolverSettings(first.config),
            log: logger,
            onChange: (addresses) => this.workers.setAddresses(addresses),
        });
        this.health = new HealthChecker({
            cells: endpointCells,
            resolve: (name) => this.resolver.addressesOf(name),
            onTransition: (transition) => logTransition(logger, transition),
        });
        this.ticketKeys = new TicketKeys((keys) => this.workers.setTicketKeys(keys));
        this.publisher = new Publisher({
            ticketKeys: this.ticketKeys,
            pool: this.workers,
            slots: new SlotAllocator(endpointCells, upstreamCells),
            status,
            instanceId: randomBytes(6).toString('hex'),
            resolve: (routeSet) => this.resolver.resolveAll(hostsOf(routeSet), RESOLVE_PATIENCE),
            onPublished: (inForce) => logRoutes(logger, inForce),
            onSettled: ({ config, routeSet }) => {
                this.resolver.configure(resolverSettings(config));
                this.resolver.retain(hostsOf(routeSet));
                this.ticketKeys.rotateEvery(config.tls.enabled ? config.tls.ticket_rotation : 0);
                this.health.update(routeSet.upstreams);
                // Names may have moved since the generation was made.
                this.workers.setAddresses(this.resolver.addresses());
            },
        });
        collectPrimaryMetrics(metrics, this);
    }
    /** Stops everything at once. */
    close() {
        this.publisher.close();
        this.ticketKeys.stop();
        this.health.stop();
        this.resolver.stop();
        this.workers.stop();
    }
}
function hostsOf(routeSet) {
    return new Set(routeSet.upstreams.flatMap(({ endpoints }) => endpoints.map(({ host }) => host)));
}
function resolverSettings({ server }) {
    return { servers: server.dns.servers, minTtl: server.dns.min_ttl, maxTtl: server.dns.max_ttl };
}
function logTransition(log, { upstream, endpoint, healthy, first, reason }) {
    if (!healthy)
        log.warn('endpoint is unhealthy', { upstream, endpoint, reason });
    else if (first)
        log.debug('endpoint is healthy', { upstream, endpoint });
    else
        log.info('endpoint is healthy again', { upstream, endpoint });
}
//# sourceMappingURL=control-plane.js.map