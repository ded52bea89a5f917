/** Manifests and schemas that stand in the key-value store of a backend (protocol digest 6.2). */
import { FetchError } from '../fetch/fetch-error.js';
import { compressedKey, manifestKey, readStored, schemaKey } from '../manifest/storage.js';
/** @returns null when there is none. @throws FetchError */
export function storedManifest(read, service, instance) {
    return stored(read, manifestKey(service, instance));
}
/** @returns null when there is none. @throws FetchError */
export function storedSchema(read, path) {
    return stored(read, schemaKey(path));
}
/** The compressed one first, as the reference library looks. */
async function stored(read, key) {
    for (const name of [compressedKey(key), key]) {
        let value;
        try {
            value = await read(name);
        }
        catch (error) {
            throw new FetchError('unreachable', `the backend does not give ${name}: ${error.message}`);
        }
        if (value === null)
            continue;
        try {
            return await readStored(name, value);
        }
        catch (error) {
            throw new FetchError('invalid', `${name}: ${error.message}`);
        }
    }
    return null;
}
//# sourceMappingURL=registry-store.js.map