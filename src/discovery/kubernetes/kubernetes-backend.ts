/** Kubernetes: Services and their EndpointSlices, listed and watched. */
import type { BackendSettings } from '../../config/schema/discovery.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Backend, Session } from '../backend.ts';
import { ApiClient } from './api-client.ts';
import { findCluster } from './find-cluster.ts';
import { followResource } from './resource-watch.ts';
import { ServiceTable } from './service-table.ts';

/** Slices do not all carry the labels of their service, so those of all services are watched. */
const SLICE_SELECTOR = 'kubernetes.io/service-name';

export class KubernetesBackend implements Backend {
  readonly #settings: BackendSettings['kubernetes'];
  /** `''` is all of them. */
  readonly #namespaces: readonly string[];

  constructor(settings: BackendSettings['kubernetes']) {
    this.#settings = settings;
    const named = settings.namespaces ?? [settings.namespace];
    this.#namespaces = named.includes('*') ? [''] : [...new Set(named)];
  }

  async watch(session: Session): Promise<void> {
    const client = new ApiClient(await findCluster(this.#settings));
    const ended = new AbortController();
    const end = () => ended.abort();
    session.signal.addEventListener('abort', end);
    const table = new ServiceTable(this.#namespaces.length > 1 || this.#namespaces[0] === '');
    const changes = new Changes(table, session, 2 * this.#namespaces.length);
    try {
      await Promise.all(
        this.#namespaces.flatMap((namespace) => [
          followResource(
            client,
            namespace === '' ? '/api/v1/services' : `/api/v1/namespaces/${namespace}/services`,
            this.#settings.label_selector,
            changes.services(namespace),
            ended.signal,
          ),
          followResource(
            client,
            `/apis/discovery.k8s.io/v1/${namespace === '' ? '' : `namespaces/${namespace}/`}endpointslices`,
            SLICE_SELECTOR,
            changes.slices(namespace),
            ended.signal,
          ),
        ]),
      );
    } catch (error) {
      if (!session.signal.aborted) throw error;
    } finally {
      end();
      session.signal.removeEventListener('abort', end);
      await client.close();
    }
  }
}

/** Tells the session nothing until every list has been seen once: a service without its slices would look dead. */
class Changes {
  readonly #table: ServiceTable;
  readonly #session: Session;
  #missing: number;

  constructor(table: ServiceTable, session: Session, lists: number) {
    this.#table = table;
    this.#session = session;
    this.#missing = lists;
  }

  services(namespace: string) {
    const table = this.#table;
    return this.#sink(
      () => table.clearServices(namespace),
      (service) => table.putService(service),
      (service) => table.removeService(service),
    );
  }

  slices(namespace: string) {
    const table = this.#table;
    return this.#sink(
      () => table.clearSlices(namespace),
      (slice) => table.putSlice(slice),
      (slice) => table.removeSlice(slice),
    );
  }

  #sink(clear: () => void, put: (object: JsonObject) => string, remove: (object: JsonObject) => string) {
    let seen = false;
    return {
      reset: (objects: readonly JsonObject[]) => {
        clear();
        for (const object of objects) put(object);
        if (!seen) this.#missing--;
        seen = true;
        if (this.#missing === 0) this.#session.replace(this.#table.entries());
      },
      put: (object: JsonObject) => this.#tell(put(object)),
      remove: (object: JsonObject) => this.#tell(remove(object)),
    };
  }

  #tell(key: string): void {
    if (this.#missing > 0) return;
    const entry = this.#table.entry(key);
    if (entry === null) this.#session.delete(key);
    else this.#session.set(entry);
  }
}
