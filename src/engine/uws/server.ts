import { coarseClock, onTick } from '../../shared/coarse-clock.ts';
import { ConnectionList, type Listed } from '../connection-list.ts';
import type { Engine, EngineHost } from '../engine.ts';
import type { TlsContexts } from '../tls/contexts.ts';
import { LISTEN_EXCLUSIVE, type UwsApp, type UwsModule, type UwsNative } from './binding.ts';
import { UwsEntrance } from './entrance.ts';
import type { UwsExchange, UwsShared } from './exchange.ts';
import { UwsTlsListener } from './tls-listener.ts';

/** How long draining waits for requests that are on their way on idle connections, which µWS does not let us see. */
const DRAIN_GRACE_MS = 1000;
/** How often timers of µWS that our own replace are kept from firing; they take eight seconds at the least. */
const RESTART_MS = 3000;

export interface UwsAddress {
  /** IP literal. */
  readonly host: string;
  readonly port: number;
  /** 0: no TLS. */
  readonly tlsPort: number;
  /** Other workers listen on the port too. */
  readonly shared: boolean;
}

/** HTTP/1.1, plain and over TLS, by µWebSockets.js. What it cannot do is in `known-refusals.ts`. */
export class UwsEngine implements Engine, UwsShared {
  readonly host: EngineHost;
  readonly inFlight = new ConnectionList();
  draining = false;
  readonly #module: UwsModule;
  readonly #app: UwsApp;
  readonly #address: UwsAddress;
  readonly #tls: UwsTlsListener | null;
  #maxConnections: number;
  #listener: object | null = null;
  #port = 0;
  #drainedFrom = 0;
  #restartAt = 0;
  #closed = false;
  #waiting: UwsExchange[] = [];

  /** @param maxConnections further requests than this at once are cut off */
  constructor(host: EngineHost, native: UwsNative, address: UwsAddress, maxConnections: number) {
    const { module } = native;
    this.host = host;
    this.#module = module;
    this.#address = address;
    this.#maxConnections = maxConnections;
    module._cfg('silent');
    this.#app = module.App();
    new UwsEntrance(this, null, () => this.#port).open(this.#app);
    this.#tls =
      address.tlsPort === 0 ? null : new UwsTlsListener(native, this, address.host, address.tlsPort);
    onTick((now, missed) => this.#sweep(now, missed));
  }

  #sweep(now: number, missed: number): void {
    this.inFlight.sweep(now, missed);
    if (now < this.#restartAt) return;
    this.#restartAt = now + RESTART_MS;
    this.inFlight.each((member) => (member as UwsExchange).restartTimer());
  }

  /** Connections with a request in flight; and one more while draining waits for those that may follow. */
  get connections(): number {
    const grace = this.draining && coarseClock.now < this.#drainedFrom + DRAIN_GRACE_MS;
    return this.inFlight.size + (grace ? 1 : 0);
  }

  listen(): Promise<number> {
    const { host, port, shared } = this.#address;
    return new Promise((resolve, reject) => {
      this.#app.listen(host, port, shared ? 0 : LISTEN_EXCLUSIVE, (socket) => {
        if (socket === false) {
          reject(new Error(`µWebSockets.js cannot listen on port ${port} of ${host}`));
          return;
        }
        // A thread that ends with open sockets of µWS takes the whole process along.
        process.once('exit', () => this.destroy());
        this.#listener = socket;
        this.#port = this.#module.us_socket_local_port(socket);
        try {
          this.prepareTls(this.host.settings.tls);
          this.applyTls();
          resolve(this.#port);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  prepareTls(contexts: TlsContexts | null): void {
    this.#tls?.prepare(contexts);
  }

  applyTls(): void {
    this.#tls?.apply();
  }

  admits(): boolean {
    return this.inFlight.size < this.#maxConnections;
  }

  setMaxConnections(maxConnections: number): void {
    this.#maxConnections = maxConnections;
  }

  stopListening(): void {
    if (this.#listener !== null) this.#module.us_listen_socket_close(this.#listener);
    this.#listener = null;
    this.#tls?.stopListening();
  }

  drain(until: number): void {
    this.stopListening();
    this.draining = true;
    this.inFlight.each((member) => (member as UwsExchange).onShutdown(until));
    this.#drainedFrom = coarseClock.now;
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.inFlight.each((member: Listed) => (member as UwsExchange).abort());
    this.#app.close();
    this.#tls?.destroy();
  }

  nextTurn(exchange: UwsExchange): void {
    if (this.#waiting.push(exchange) === 1) setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let i = 0; i < waiting.length; i++) waiting[i]!.onTurn();
  };
}
