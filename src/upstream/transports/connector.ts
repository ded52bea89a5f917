import { connect, Socket } from 'node:net';
import type { ByteOutput } from '../../shared/byte-output.ts';
import { readDirectly } from '../../shared/direct-sockets.ts';
import { SocketOutput } from '../../shared/socket-output.ts';

export interface ConnectOptions {
  /** IP address. */
  readonly host: string;
  readonly port: number;
  readonly noDelay: boolean;
  readonly allowHalfOpen?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
  readonly onread?: {
    readonly buffer: Buffer;
    readonly callback: (length: number, input: Buffer) => boolean;
  };
}

/** Opens connections to endpoints, plain or encrypted. */
export interface Connector {
  /** Told by the socket when requests may be sent and counted as such. */
  readonly ready: 'connect' | 'secureConnect';
  connect(options: ConnectOptions): Socket;
  /** What is written before the connection is ready waits. */
  output(socket: Socket, onDrain: () => void): ByteOutput;
}

export const PLAIN: Connector = {
  ready: 'connect',
  connect: connectPlain,
  output: (socket, onDrain) => new SocketOutput(socket, onDrain, true),
};

function connectPlain(options: ConnectOptions): Socket {
  const socket = connect(options);
  const { onread } = options;
  if (onread !== undefined)
    socket.once('connect', () => {
      const { _handle: handle } = socket as unknown as { _handle: object | null };
      const reader = readDirectly(handle, onread.callback);
      if (reader !== null) reader.socket = socket;
    });
  return socket;
}

/** Stands for a connection to a host whose name does not resolve. */
export function unresolved(): Socket {
  const socket = new Socket();
  socket.destroy(new Error('the host name does not resolve'));
  return socket;
}
