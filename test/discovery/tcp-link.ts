/** A TCP connection to a server that can be cut or can fall silent, as networks do. */
import { once } from 'node:events';
import net from 'node:net';

/** The other end of the connection, while it is silent. */
const peers = new WeakMap<net.Socket, net.Socket>();

export class TcpLink {
  readonly #target: number;
  #port = 0;
  #server: net.Server | null = null;
  readonly #sockets = new Set<net.Socket>();

  constructor(target: number) {
    this.#target = target;
  }

  get port(): number {
    return this.#port;
  }

  async up(): Promise<this> {
    const server = net.createServer((near) => {
      const far = net.connect(this.#target, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      peers.set(near, far).set(far, near);
      near.pipe(far).pipe(near);
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as net.AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** Ends all connections; new ones are refused. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  /** Nothing arrives any more, without a word. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** What was held up goes on its way. */
  thaw(): void {
    for (const socket of this.#sockets) socket.pipe(peers.get(socket)!);
  }
}
