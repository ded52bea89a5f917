import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { FetchError } from './fetch-error.js';
const DECODERS = {
    gzip: createGunzip,
    'x-gzip': createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
};
/**
 * The body, decompressed. Nothing beyond the limit is kept or unpacked: a few kilobytes can hold a gigabyte.
 *
 * @param encoding value of Content-Encoding
 * @throws FetchError when it is too large or damaged
 */
export async function readBody(body, encoding, limit, signal) {
    const chunks = [];
    let size = 0;
    const collect = async (source) => {
        for await (const chunk of source) {
            size += chunk.length;
            if (size > limit)
                throw new FetchError('invalid', `larger than ${limit} bytes`);
            chunks.push(chunk);
        }
    };
    const name = encoding.trim().toLowerCase();
    if (name === '' || name === 'identity') {
        await pipeline(body, collect, { signal });
    }
    else {
        const create = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
        if (create === undefined) {
            body.destroy();
            throw new FetchError('invalid', `content-encoding ${name} is not supported`);
        }
        await pipeline(body, create(), collect, { signal });
    }
    return Buffer.concat(chunks, size);
}
//# sourceMappingURL=read-body.js.map