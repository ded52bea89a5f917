import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { OutputFactory } from '../../shared/byte-output.ts';
import { TlsOutput } from '../../shared/tls-output.ts';
import { readIntoSharedBuffer } from '../../shared/user-buffer.ts';
import type { ClientTls } from '../client-tls.ts';
import type { EngineHost } from '../engine.ts';
import { TlsAcceptor } from '../tls/acceptor.ts';
import type { Receiver } from './accept.ts';

/** Null: the connection reads by itself. */
type Open = (socket: TLSSocket, output: OutputFactory<Socket>, tls: ClientTls) => Receiver | null;

/** The second listener: what comes out of its handshakes is served by the same code as plain connections. */
export class TlsListener {
  /** Not half open: a client that hangs up in the middle of its handshake would never be let go of (Node 20). */
  readonly server: Server = createServer({ noDelay: true });
  readonly output: OutputFactory<Socket> = (socket, onDrain) => new TlsOutput(socket as TLSSocket, onDrain);
  readonly #acceptor: TlsAcceptor;

  /** @param workers how many share the limit of handshakes */
  constructor(host: EngineHost, workers: number, admit: () => boolean, open: Open) {
    this.#acceptor = new TlsAcceptor(host, workers, (socket, tls) => {
      // From here on like a plain connection.
      socket.allowHalfOpen = true;
      const connection = open(socket, this.output, tls);
      if (connection !== null) {
        readIntoSharedBuffer(socket, (input, length) => connection.receive(input, length));
      }
    });
    this.server.on('connection', (socket) => {
      if (admit()) this.#acceptor.accept(socket);
      else socket.destroy();
    });
  }

  /** Handshakes under way. */
  get pending(): number {
    return this.#acceptor.pending;
  }
}
