/** Manifests and schemas that stand in the key-value store of a backend (protocol digest 6.2). */
import { FetchError } from '../fetch/fetch-error.ts';
import { compressedKey, manifestKey, readStored, schemaKey } from '../manifest/storage.ts';

/** Value of a key; null when there is none. */
export type ReadKey = (key: string) => Promise<Uint8Array | null>;

/** @returns null when there is none. @throws FetchError */
export function storedManifest(read: ReadKey, service: string, instance: string): Promise<string | null> {
  return stored(read, manifestKey(service, instance));
}

/** @returns null when there is none. @throws FetchError */
export function storedSchema(read: ReadKey, path: string): Promise<string | null> {
  return stored(read, schemaKey(path));
}

/** The compressed one first, as the reference library looks. */
async function stored(read: ReadKey, key: string): Promise<string | null> {
  for (const name of [compressedKey(key), key]) {
    let value: Uint8Array | null;
    try {
      value = await read(name);
    } catch (error) {
      throw new FetchError('unreachable', `the backend does not give ${name}: ${(error as Error).message}`);
    }
    if (value === null) continue;
    try {
      return await readStored(name, value);
    } catch (error) {
      throw new FetchError('invalid', `${name}: ${(error as Error).message}`);
    }
  }
  return null;
}
