/** Services that stand in the configuration: they appear and go with it. */
import type { BackendSettings } from '../../config/schema/discovery.ts';
import type { Backend, Entry, Session } from '../backend.ts';
import { readInstance } from '../read-instance.ts';

type StaticService = BackendSettings['static']['services'][number];

export class StaticBackend implements Backend {
  readonly #entries: readonly Entry[];

  constructor({ services }: BackendSettings['static']) {
    this.#entries = services.map((service, index) => entryOf(service, index));
  }

  watch(session: Session): Promise<void> {
    session.replace(this.#entries);
    // There is nothing that could change or fail until the configuration is another.
    return new Promise((resolve) => session.signal.addEventListener('abort', () => resolve()));
  }
}

function entryOf({ name, version, instances, metadata }: StaticService, index: number): Entry {
  const read = instances.map((instance) => {
    const registration = { service: name, version, ...instance, id: idOf(instance) };
    const subject = `discovery.static ${name} ${instance.address}`;
    return readInstance({ ...registration, metadata: { ...metadata, ...metadataOf(instance) } }, subject);
  });
  return {
    key: String(index),
    instances: read.flatMap(({ instance }) => instance ?? []),
    refusals: read.flatMap(({ refusals }) => refusals),
  };
}

function idOf(instance: StaticService['instances'][number]): string {
  return ('id' in instance ? instance.id : undefined) ?? instance.address.replace(/^https?:\/\//i, '');
}

function metadataOf(instance: StaticService['instances'][number]): Readonly<Record<string, string>> {
  return 'metadata' in instance ? instance.metadata : {};
}
