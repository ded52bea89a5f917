import type { JsonObject } from '../../shared/json.ts';
import { objectOf, stringOf } from '../../shared/json.ts';
import { pause } from '../pause.ts';
import { type ApiClient, ExpiredError } from './api-client.ts';

export interface ResourceSink {
  /** All objects of now. */
  reset(objects: readonly JsonObject[]): void;
  put(object: JsonObject): void;
  remove(object: JsonObject): void;
}

/** A server that ends watches at once must not be asked in a circle. Milliseconds. */
const LEAST_INTERVAL = 200;

/**
 * Lists one kind of objects and follows it, from version to version, until the signal. A version that the server no
 * longer has means a new list.
 *
 * @throws Error when the server is away or refuses
 */
export async function followResource(
  client: ApiClient,
  path: string,
  selector: string,
  sink: ResourceSink,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { items, resourceVersion } = await client.list(path, selector, signal);
      sink.reset(items);
      await followFrom(resourceVersion);
    } catch (error) {
      if (!(error instanceof ExpiredError)) throw error;
      await pause(LEAST_INTERVAL, signal);
    }
  }

  async function followFrom(first: string): Promise<void> {
    let version = first;
    while (!signal.aborted) {
      const startedAt = performance.now();
      for await (const { type, object } of client.watch(path, selector, version, signal)) {
        version = stringOf(objectOf(object['metadata'])['resourceVersion']) || version;
        if (type === 'DELETED') sink.remove(object);
        else if (type !== 'BOOKMARK') sink.put(object);
      }
      await pause(startedAt + LEAST_INTERVAL - performance.now(), signal);
    }
  }
}
