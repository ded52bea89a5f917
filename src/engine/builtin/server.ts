import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { onTick } from '../../shared/coarse-clock.ts';
import { readAsAlways } from '../../shared/direct-sockets.ts';
import { SocketOutput } from '../../shared/socket-output.ts';
import type { ClientTls } from '../client-tls.ts';
import { type ClientConnection, ConnectionList } from '../connection-list.ts';
import type { Engine, EngineHost } from '../engine.ts';
import type { Http2Connection } from '../http2/connection.ts';
import { acceptWithSharedBuffer, type Receiver } from './accept.ts';
import { Http1Connection } from './connection.ts';
import type { TlsListener } from './tls-listener.ts';

/** Connections the kernel queues while a worker is busy; capped by net.core.somaxconn. */
const BACKLOG = 4096;

/** Where to listen: a bound descriptor, or an address. */
export type ListenerAddress =
  | { readonly fd: number }
  | { readonly host: string; readonly port: number; readonly reusePort?: true };

export interface BuiltinEngineOptions {
  readonly plain: ListenerAddress;
  /** Null when TLS is off. */
  readonly tls: ListenerAddress | null;
  /** How many workers share the limits that are for the whole gateway. */
  readonly workers: number;
  /** Further ones are closed at once. */
  readonly maxConnections: number;
}

const plainOutput = (socket: Socket, onDrain: () => void): SocketOutput => new SocketOutput(socket, onDrain);

/** The built-in engine on `net.Server`: HTTP/1.x and HTTP/2, plain and over TLS. */
export class BuiltinEngine implements Engine {
  readonly #host: EngineHost;
  readonly #options: BuiltinEngineOptions;
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true });
  readonly #list = new ConnectionList();
  #tls: TlsListener | null = null;
  #maxConnections: number;
  #http2: typeof Http2Connection | null = null;
  /** Not 0: no new connections, and those that are there end; see `drain`. */
  #drainUntil = 0;

  constructor(host: EngineHost, options: BuiltinEngineOptions) {
    this.#host = host;
    this.#options = options;
    this.#maxConnections = options.maxConnections;
    onTick((now, missed) => this.#list.sweep(now, missed));
  }

  get connections(): number {
    return this.#list.size + (this.#tls?.pending ?? 0);
  }

  /** @returns the port for plain HTTP */
  async listen(): Promise<number> {
    const { plain, tls, workers } = this.#options;
    const port = await listen(this.#server, plain);
    this.#accept();
    if (tls !== null) {
      // A gateway without TLS shall not carry its code.
      const [{ TlsListener }] = await Promise.all([import('./tls-listener.ts'), this.#loadHttp2()]);
      this.#tls = new TlsListener(this.#host, workers, this.#admit, (socket, output, clientTls) =>
        this.#openTls(socket, output, clientTls),
      );
      await listen(this.#tls.server, tls);
    }
    return port;
  }

  setMaxConnections(maxConnections: number): void {
    this.#maxConnections = maxConnections;
  }

  stopListening(): void {
    this.#server.close();
    this.#tls?.server.close();
  }

  drain(until: number): void {
    this.#drainUntil = until;
    this.stopListening();
    this.#list.each((member) => (member as ClientConnection).drain(until));
  }

  destroy(): void {
    this.stopListening();
    this.#list.each((member) => (member as ClientConnection).destroy());
  }

  abandon(): void {
    this.#list.each((member) => (member as ClientConnection).abandon?.());
  }

  readonly #admit = (): boolean => this.connections < this.#maxConnections;

  #accept(): void {
    const admit = this.#admit;
    if (acceptWithSharedBuffer(this.#server, admit, (socket) => this.#open(socket))) return;
    this.#server.on('connection', (socket) => {
      if (!admit()) {
        socket.destroy();
        return;
      }
      const connection = this.#open(socket);
      socket.on('data', (chunk: Buffer) => connection.receive(chunk, chunk.length));
    });
  }

  #open(socket: Socket): Http1Connection {
    this.#host.onConnection(1);
    return new Http1Connection(socket, this.#host, this.#list, plainOutput, null, this.#toHttp2);
  }

  /** A plain connection turned out to speak HTTP/2; it is counted already. */
  readonly #toHttp2 = (socket: Socket, ready: () => Buffer): boolean => {
    if (!this.#host.settings.http2.enabled) return false;
    void this.#loadHttp2().then((Connection) => {
      const first = ready();
      if (socket.destroyed) {
        this.#host.onConnection(-1);
        return;
      }
      readAsAlways(socket);
      socket.unshift(first);
      this.#settle(new Connection(socket, this.#host, this.#list, null));
    });
    return true;
  };

  async #loadHttp2(): Promise<typeof Http2Connection> {
    this.#http2 ??= (await import('../http2/connection.ts')).Http2Connection;
    return this.#http2;
  }

  #openTls(socket: TLSSocket, output: TlsListener['output'], tls: ClientTls): Receiver | null {
    this.#host.onConnection(1);
    if (socket.alpnProtocol === 'h2') {
      this.#settle(new this.#http2!(socket, this.#host, this.#list, tls));
      return null;
    }
    const connection = new Http1Connection(socket, this.#host, this.#list, output, tls, null);
    this.#settle(connection);
    return connection;
  }

  #settle(connection: ClientConnection): void {
    // Its handshake was under way when draining began.
    if (this.#drainUntil !== 0) connection.drain(this.#drainUntil);
  }
}

async function listen(server: Server, address: ListenerAddress): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // As an argument: Node does not look at the option of that name where it is given a descriptor.
    server.listen(address, BACKLOG, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? bound.port : 0;
}
