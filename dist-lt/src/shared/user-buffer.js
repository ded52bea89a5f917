/**
 * Lets a connected socket read into the shared buffer. `net.connect` and `tls.connect` have the option `onread` for
 * that; sockets that a server has accepted have not, but keep the same three fields for it.
 */
import { Socket } from 'node:net';
import { readBuffer } from './read-buffer.js';
/** The fields are keyed by symbols that only an instance shows. */
const KEYS = (() => {
    const found = new Map();
    for (const key of Object.getOwnPropertySymbols(new Socket()))
        found.set(key.description, key);
    const buffer = found.get('kBuffer');
    const callback = found.get('kBufferCb');
    const generator = found.get('kBufferGen');
    return buffer && callback && generator ? { buffer, callback, generator } : null;
})();
/**
 * Call before the socket has read anything. Where Node's insides have other names the socket goes on as it is, only
 * slower.
 *
 * @param receive the first `length` bytes of the shared buffer have been read; they are valid until it returns
 */
export function readIntoSharedBuffer(socket, receive) {
    const handle = socket._handle;
    if (KEYS === null || typeof handle?.useUserBuffer !== 'function') {
        socket.on('data', (chunk) => receive(chunk, chunk.length));
        return;
    }
    const fields = socket;
    fields[KEYS.buffer] = readBuffer;
    fields[KEYS.generator] = null;
    fields[KEYS.callback] = (length) => {
        receive(readBuffer, length);
        return true;
    };
    handle.useUserBuffer(readBuffer);
}
//# sourceMappingURL=user-buffer.js.map