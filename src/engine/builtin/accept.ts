import { type Server, Socket } from 'node:net';
import { readDirectly } from '../../shared/direct-sockets.ts';
import { readBuffer } from '../../shared/read-buffer.ts';

/** Takes what a socket has read: the first `length` bytes of `input`, valid until it returns. */
export interface Receiver {
  receive(input: Buffer, length: number): void;
}

interface Handle {
  setNoDelay(on: boolean): void;
  close(): void;
}

interface ServerInternals {
  _handle: { onconnection: (error: number, handle: Handle | undefined) => void } | null;
}

/**
 * Makes a listening server read through the shared buffer. `net.connect` has the `onread` option for that, `net.Server`
 * has not, so the handle's callback is replaced by one that makes its sockets with it. Where Node's insides have other
 * names the server goes on as it is, only slower.
 *
 * @param open gets every accepted socket and returns its receiver
 * @returns false when it could not be done: `open` will not be called
 */
export function acceptWithSharedBuffer(
  server: Server,
  admit: () => boolean,
  open: (socket: Socket) => Receiver,
): boolean {
  const handle = (server as unknown as ServerInternals)._handle;
  if (handle === null || typeof handle?.onconnection !== 'function') return false;
  const fallback = handle.onconnection;
  handle.onconnection = function onConnection(
    this: unknown,
    error: number,
    client: Handle | undefined,
  ): void {
    if (error !== 0 || client === undefined) {
      fallback.call(this, error, client);
      return;
    }
    if (!admit()) {
      client.close();
      return;
    }
    client.setNoDelay(true);
    let receiver: Receiver | null = null;
    const onread = {
      buffer: readBuffer,
      callback(length: number, input: Buffer): boolean {
        receiver?.receive(input, length);
        return true;
      },
    };
    const options = { handle: client, allowHalfOpen: true, readable: true, writable: true, onread };
    const reader = readDirectly(client, onread.callback);
    const socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
    if (reader !== null) reader.socket = socket;
    receiver = open(socket);
  };
  return true;
}
