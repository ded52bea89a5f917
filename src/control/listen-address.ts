/** Finds out before any worker starts whether the port can be had. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer, isIP } from 'node:net';
import { ListenError, listenError } from '../../native-bindings/listen-error.ts';
import { formatHostPort } from '../config/values.ts';

export interface ListenAddress {
  /** IP literal. */
  readonly host: string;
  /** Never 0. */
  readonly port: number;
}

/**
 * Resolves the host, takes the port for an instant without SO_REUSEPORT, so that a port shared by a second gateway or
 * held by another program is noticed, and gives it back. Port 0 becomes a free one.
 *
 * @throws ListenError
 */
export async function probeListenAddress(host: string, port: number): Promise<ListenAddress> {
  const ip = await resolve(host, port);
  const server = createServer();
  try {
    server.listen({ host: ip, port, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    throw listenError((error as NodeJS.ErrnoException).code ?? String(error), host, port);
  }
  const taken = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return { host: ip, port: taken };
}

async function resolve(host: string, port: number): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch {
    throw new ListenError(
      'ENOTFOUND',
      host,
      port,
      'the name cannot be resolved; use an IP address of this machine',
    );
  }
}

/**
 * Lets the admin server listen. @returns its URL
 *
 * @throws ListenError
 */
export async function listenAdmin(
  admin: { listen(): Promise<number> },
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    return `http://${formatHostPort(host, await admin.listen())}`;
  } catch (error) {
    throw listenError((error as NodeJS.ErrnoException).code ?? String(error), host, port);
  }
}
