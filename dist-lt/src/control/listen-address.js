/** Finds out before any worker starts whether the port can be had. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { ListenError, listenError } from '../../native-bindings/listen-error.js';
import { formatHostPort } from '../config/values.js';
/**
 * Resolves the host, takes the port for an instant without SO_REUSEPORT, so that a port shared by a second gateway or
 * held by another program is noticed, and gives it back. Port 0 becomes a free one.
 *
 * @throws ListenError
 */
export async function probeListenAddress(host, port) {
    const ip = await resolve(host, port);
    const server = createServer();
    try {
        server.listen({ host: ip, port, exclusive: true });
        await once(server, 'listening');
    }
    catch (error) {
        throw listenError(error.code ?? String(error), host, port);
    }
    const taken = server.address().port;
    server.close();
    await once(server, 'close');
    return { host: ip, port: taken };
}
async function resolve(host, port) {
    if (isIP(host) !== 0)
        return host;
    try {
        return (await lookup(host)).address;
    }
    catch {
        throw new ListenError('ENOTFOUND', host, port, 'the name cannot be resolved; use an IP address of this machine');
    }
}
/**
 * Lets the admin server listen. @returns its URL
 *
 * @throws ListenError
 */
export async function listenAdmin(admin, { host, port }) {
    try {
        return `http://${formatHostPort(host, await admin.listen())}`;
    }
    catch (error) {
        throw listenError(error.code ?? String(error), host, port);
    }
}
//# sourceMappingURL=listen-address.js.map