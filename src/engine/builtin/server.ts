import { createServer, type Server, type Socket } from 'node:net';
import { onTick } from '../../shared/coarse-clock.ts';
import { ConnectionList, type Listed } from '../connection-list.ts';
import type { Engine, EngineHost } from '../engine.ts';
import { Http1Connection } from './connection.ts';

/** Where to listen: a bound descriptor, or an address. */
export type ListenerAddress =
  | { readonly fd: number }
  | { readonly host: string; readonly port: number; readonly reusePort?: true };

/** The built-in HTTP/1.x engine on `net.Server`. */
export class BuiltinEngine implements Engine {
  readonly #host: EngineHost;
  readonly #server: Server;
  readonly #list = new ConnectionList();
  readonly #listenOptions: ListenerAddress;

  /** @param maxConnections further ones are closed at once */
  constructor(host: EngineHost, listenOptions: ListenerAddress, maxConnections: number) {
    this.#host = host;
    this.#listenOptions = listenOptions;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = maxConnections;
    onTick((now) => this.#list.sweep(now));
  }

  get connections(): number {
    return this.#list.size;
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ backlog: 4096, ...this.#listenOptions }, () => {
        this.#server.removeListener('error', reject);
        const address = this.#server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
  }

  setMaxConnections(maxConnections: number): void {
    this.#server.maxConnections = maxConnections;
  }

  drain(): void {
    this.#server.close();
    this.#list.each((member: Listed) => (member as Http1Connection).drain());
  }

  destroy(): void {
    this.#server.close();
    this.#list.each((member: Listed) => (member as Http1Connection).destroy());
  }

  #accept(socket: Socket): void {
    // A client that reset before accept has no address and is gone already.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    this.#host.onConnection(1);
    new Http1Connection(socket, this.#host, this.#list);
  }
}
