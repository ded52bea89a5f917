import { ConnectionList } from '../engine/connection-list.ts';
import type { EngineHost, EngineSettings } from '../engine/engine.ts';
import type { Exchange } from '../engine/exchange.ts';
import type { Peer } from '../engine/peer.ts';
import type { HandshakeResult } from '../engine/tls/handshake-result.ts';
import { ERRORS, type ErrorCode } from '../http/errors.ts';
import { onTick } from '../shared/coarse-clock.ts';
import type { ControlRequestMessage } from '../shared/messages.ts';
import { weighTurns } from '../shared/write-batch.ts';
import { AccessEntry, type AccessLog } from '../telemetry/access-log.ts';
import type { Recorder } from '../telemetry/recorder.ts';
import type { Cell } from '../telemetry/series-cells.ts';
import { newRequestId } from '../telemetry/trace-context.ts';
import { ControlLink } from './control-link.ts';
import type { LoadedGeneration } from './generation.ts';
import type { Plane } from './plane.ts';
import { Transaction } from './transaction.ts';
import type { UpstreamRegistry } from './upstream-registry.ts';

/** Idle upstream connections are looked at this often. */
const POOL_SWEEP_MS = 1000;

/** What one worker serves with: the current generation, its upstreams, its counters. */
export class DataPlane implements EngineHost, Plane {
  generation: LoadedGeneration;
  ticketKeys: Uint8Array;
  readonly upstreams: UpstreamRegistry;
  readonly recorder: Recorder;
  readonly accessLog: AccessLog;
  readonly accessEntry = new AccessEntry();
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Record<string, string | number>,
  ) => void;
  readonly calls = new ConnectionList();
  readonly control: ControlLink;
  readonly bytesReceived: Cell;
  readonly bytesSent: Cell;
  readonly workerRequests: Cell;
  #nextPoolSweep = 0;
  readonly #connections: Cell;
  readonly #workerConnections: Cell;

  constructor(options: {
    generation: LoadedGeneration;
    ticketKeys: Uint8Array;
    upstreams: UpstreamRegistry;
    recorder: Recorder;
    accessLog: AccessLog;
    workerIndex: number;
    log: DataPlane['log'];
    /** Sends a request for the gateway itself to the primary. */
    ask(message: ControlRequestMessage): void;
  }) {
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
    const worker = String(options.workerIndex);
    this.#workerConnections = this.recorder.gauge('octopus_worker_connections', { worker });
    this.workerRequests = this.recorder.counter('octopus_worker_requests_total', { worker });
    onTick((now, missed) => {
      weighTurns(this.calls.size);
      this.calls.sweep(now, missed);
      this.upstreams.checkShared(now);
      if (now < this.#nextPoolSweep) return;
      this.#nextPoolSweep = now + POOL_SWEEP_MS;
      this.upstreams.sweep(now);
    });
  }

  get settings(): EngineSettings {
    return this.generation;
  }

  newRequestId(): string {
    return newRequestId();
  }

  onConnection(change: 1 | -1): void {
    this.#connections.add(change);
    this.#workerConnections.add(change);
  }

  onHandshake(result: HandshakeResult): void {
    this.recorder.counter('octopus_tls_handshakes_total', { result }).add(1);
  }

  onExchange(exchange: Exchange): void {
    const owner = exchange.owner;
    const transaction = owner instanceof Transaction ? owner : new Transaction(exchange, this);
    try {
      transaction.begin();
    } catch (error) {
      // One request must not cost all others of this worker.
      transaction.fail(error);
    }
  }

  onExchangeEnd(exchange: Exchange): void {
    if (exchange.owner instanceof Transaction) exchange.owner.end();
  }

  onRejected(code: ErrorCode, requestId: string, peer: Peer): void {
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
