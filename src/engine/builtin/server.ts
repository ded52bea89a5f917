import { createServer, type Server, type Socket } from 'node:net';
import { onTick } from '../../shared/coarse-clock.ts';
import { ConnectionList, type Listed } from '../connection-list.ts';
import type { Engine, EngineHost } from '../engine.ts';
import { acceptWithSharedBuffer } from './accept.ts';
import { Http1Connection } from './connection.ts';

/** Connections the kernel queues while a worker is busy; capped by net.core.somaxconn. */
const BACKLOG = 4096;

/** Where to listen: a bound descriptor, or an address. */
export type ListenerAddress =
  | { readonly fd: number }
  | { readonly host: string; readonly port: number; readonly reusePort?: true };

/** The built-in HTTP/1.x engine on `net.Server`. */
export class BuiltinEngine implements Engine {
  readonly #host: EngineHost;
  readonly #server: Server;
  readonly #list = new ConnectionList();
  readonly #address: ListenerAddress;
  #maxConnections: number;

  /** @param maxConnections further ones are closed at once */
  constructor(host: EngineHost, address: ListenerAddress, maxConnections: number) {
    this.#host = host;
    this.#address = address;
    this.#maxConnections = maxConnections;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true });
    onTick((now) => this.#list.sweep(now));
  }

  get connections(): number {
    return this.#list.size;
  }

  async listen(): Promise<number> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ backlog: BACKLOG, ...this.#address }, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
    this.#accept();
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  setMaxConnections(maxConnections: number): void {
    this.#maxConnections = maxConnections;
  }

  drain(): void {
    this.#server.close();
    this.#list.each((member: Listed) => (member as Http1Connection).drain());
  }

  destroy(): void {
    this.#server.close();
    this.#list.each((member: Listed) => (member as Http1Connection).destroy());
  }

  #accept(): void {
    const admit = (): boolean => this.#list.size < this.#maxConnections;
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
    return new Http1Connection(socket, this.#host, this.#list);
  }
}
