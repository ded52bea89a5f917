/** Manifests and schemas in a key-value store, as the reference library lays them out (6.2). */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
export const STORAGE_NAMESPACE = 'farp';
/** Larger values are stored compressed, under their key with `.gz`. */
export const COMPRESS_ABOVE_BYTES = 102_400;
export const MAX_STORED_BYTES = 1_048_576;
const inflate = promisify(gunzip);
export function manifestKey(service, instance, namespace = STORAGE_NAMESPACE) {
    return `${instancesPrefix(service, namespace)}${instance}/manifest`;
}
/** Under which the manifests of all instances stand. */
export function instancesPrefix(service, namespace = STORAGE_NAMESPACE) {
    return `${namespace}/services/${service}/instances/`;
}
/** `path` is `location.registry_path`, which begins with "/"; no separator is put in where it does not. */
export function schemaKey(path, namespace = STORAGE_NAMESPACE) {
    return `${namespace}${path}`;
}
export function compressedKey(key) {
    return `${key}.gz`;
}
/** How a value of that many bytes is stored; `error` is '' when it may be. */
export function storageForm(bytes) {
    const error = bytes > MAX_STORED_BYTES ? `schema exceeds size limit: ${bytes} bytes (max ${MAX_STORED_BYTES})` : '';
    return { compressed: bytes > COMPRESS_ABOVE_BYTES, error };
}
/**
 * The text of a stored value, whether its key ends with `.gz` or not. A compressed value that would become larger than
 * `limit` is not unpacked further (a few kilobytes can hold a gigabyte).
 *
 * @throws Error when it is too large or damaged
 */
export async function readStored(key, value, limit = MAX_STORED_BYTES) {
    const bytes = key.endsWith('.gz') ? await unpack(value, limit) : Buffer.from(value);
    if (bytes.length > limit)
        throw new Error(storageForm(bytes.length).error);
    return bytes.toString('utf8');
}
async function unpack(value, limit) {
    try {
        return await inflate(value, { maxOutputLength: limit });
    }
    catch (error) {
        if (error.code !== 'ERR_BUFFER_TOO_LARGE')
            throw error;
        throw new Error(`schema exceeds size limit: unpacked more than ${limit} bytes`);
    }
}
//# sourceMappingURL=storage.js.map