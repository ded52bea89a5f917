import { ConnectionList } from '../engine/connection-list.js';
import { ERRORS } from '../http/errors.js';
import { onTick } from '../shared/coarse-clock.js';
import { AccessEntry } from '../telemetry/access-log.js';
import { newRequestId } from '../telemetry/trace-context.js';
import { ControlLink } from './control-link.js';
import { Transaction } from './transaction.js';
/** Idle upstream connections are looked at this often. */
const POOL_SWEEP_MS = 1000;
/** What one worker serves with: the current generation, its upstreams, its counters. */
export class DataPlane {
    generation;
    ticketKeys;
    upstreams;
    recorder;
    accessLog;
    accessEntry = new AccessEntry();
    log;
    calls = new ConnectionList();
    control;
    bytesReceived;
    bytesSent;
    #nextPoolSweep = 0;
    #connections;
    #workerConnections;
    constructor(options) {
        this.generation = options.generation;
        this.ticketKeys = options.ticketKeys;
        this.upstreams = options.upstreams;
        this.recorder = options.recorder;
        this.accessLog = options.accessLog;
        this.log = options.log;
        this.control = new ControlLink(options.ask);
        this.bytesReceived = this.recorder.counter('octopus_bytes_received_total', {});
        this.bytesSent = this.recorder.counter('octopus_bytes_sent_total', {});
        this.#connections = this.recorder.gauge('octopus_active_connections', {});
        this.#workerConnections = this.recorder.gauge('octopus_worker_connections', {
            worker: String(options.workerIndex),
        });
        onTick((now) => {
            this.calls.sweep(now);
            this.upstreams.checkShared(now);
            if (now < this.#nextPoolSweep)
                return;
            this.#nextPoolSweep = now + POOL_SWEEP_MS;
            this.upstreams.sweep(now);
        });
    }
    get settings() {
        return this.generation;
    }
    newRequestId() {
        return newRequestId();
    }
    onConnection(change) {
        this.#connections.add(change);
        this.#workerConnections.add(change);
    }
    onHandshake(result) {
        this.recorder.counter('octopus_tls_handshakes_total', { result }).add(1);
    }
    onExchange(exchange) {
        const owner = exchange.owner;
        const transaction = owner instanceof Transaction ? owner : new Transaction(exchange, this);
        try {
            transaction.begin();
        }
        catch (error) {
            // One request must not cost all others of this worker.
            transaction.fail(error);
        }
    }
    onExchangeEnd(exchange) {
        if (exchange.owner instanceof Transaction)
            exchange.owner.end();
    }
    onRejected(code, requestId, peer) {
        this.recorder.rejected(code);
        const entry = this.accessEntry;
        entry.reset();
        entry.status = ERRORS[code].status;
        entry.error = code;
        entry.requestId = requestId;
        entry.clientIp = peer.ip;
        this.accessLog.write(entry);
    }
}
//# sourceMappingURL=data-plane.js.map