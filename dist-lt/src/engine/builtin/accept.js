import { Socket } from 'node:net';
import { readBuffer } from '../../shared/read-buffer.js';
/**
 * Makes a listening server read through the shared buffer. `net.connect` has the `onread` option for that, `net.Server`
 * has not, so the handle's callback is replaced by one that makes its sockets with it. Where Node's insides have other
 * names the server goes on as it is, only slower.
 *
 * @param open gets every accepted socket and returns its receiver
 * @returns false when it could not be done: `open` will not be called
 */
export function acceptWithSharedBuffer(server, admit, open) {
    const handle = server._handle;
    if (handle === null || typeof handle?.onconnection !== 'function')
        return false;
    const fallback = handle.onconnection;
    handle.onconnection = function onConnection(error, client) {
        if (error !== 0 || client === undefined) {
            fallback.call(this, error, client);
            return;
        }
        if (!admit()) {
            client.close();
            return;
        }
        client.setNoDelay(true);
        let receiver = null;
        const onread = {
            buffer: readBuffer,
            callback(length) {
                receiver?.receive(readBuffer, length);
                return true;
            },
        };
        const options = { handle: client, allowHalfOpen: true, readable: true, writable: true, onread };
        receiver = open(new Socket(options));
    };
    return true;
}
//# sourceMappingURL=accept.js.map