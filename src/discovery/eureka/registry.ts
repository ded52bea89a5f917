/** What a Eureka server has told: applications with their instances, and the hash by which client and server compare. */

import { isObject, type JsonObject, stringOf } from '../../shared/json.ts';
import type { Entry } from '../backend.ts';
import { readInstance } from '../read-instance.ts';

/** `ip`: instances are dialled at `ipAddr`. `hostname`: at `hostName`. */
export type AddressChoice = 'ip' | 'hostname';

export class EurekaRegistry {
  readonly #choice: AddressChoice;
  /** Application to instance id to the instance as told. */
  readonly #applications = new Map<string, Map<string, JsonObject>>();

  constructor(choice: AddressChoice) {
    this.#choice = choice;
  }

  /** @param document of `/apps`. @throws Error when it is none */
  replace(document: unknown): void {
    this.#applications.clear();
    for (const { name, instances } of applicationsOf(document)) {
      for (const instance of instances) this.#put(name, instance);
    }
  }

  /** @param document of `/apps/delta`. @returns the applications that it mentions. @throws Error when it is none */
  apply(document: unknown): Set<string> {
    const mentioned = new Set<string>();
    for (const { name, instances } of applicationsOf(document)) {
      mentioned.add(name);
      for (const instance of instances) {
        if (instance['actionType'] === 'DELETED') this.#delete(name, instance);
        else this.#put(name, instance);
      }
    }
    return mentioned;
  }

  /** Counts of the statuses in alphabetical order: `DOWN_1_UP_2_`. */
  hash(): string {
    const counts = new Map<string, number>();
    for (const instances of this.#applications.values()) {
      for (const instance of instances.values()) {
        const status = stringOf(instance['status']).toUpperCase();
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
    }
    return [...counts.keys()]
      .toSorted()
      .map((status) => `${status}_${counts.get(status)}_`)
      .join('');
  }

  *entries(): Generator<Entry> {
    for (const name of this.#applications.keys()) yield this.#entryOf(name);
  }

  /** null: the application is gone. */
  entry(name: string): Entry | null {
    return this.#applications.has(name) ? this.#entryOf(name) : null;
  }

  #entryOf(name: string): Entry {
    const read = [...(this.#applications.get(name) ?? [])].map(([id, instance]) =>
      readInstance(
        {
          id,
          // Eureka shouts: clients register `orders` and it answers `ORDERS`.
          service: name.toLowerCase(),
          version: metadataOf(instance)['version'],
          address: instance[this.#choice === 'ip' ? 'ipAddr' : 'hostName'],
          ...portOf(instance),
          weight: metadataOf(instance)['weight'],
          zone: zoneOf(instance),
          status: stringOf(instance['status']) === 'UNKNOWN' ? 'down' : instance['status'],
          metadata: withoutClass(instance['metadata']),
        },
        `${name} ${id}`,
      ),
    );
    return {
      key: name,
      instances: read.flatMap(({ instance }) => instance ?? []),
      refusals: read.flatMap(({ refusals }) => refusals),
    };
  }

  #put(name: string, instance: JsonObject): void {
    const instances = this.#applications.get(name) ?? new Map<string, JsonObject>();
    instances.set(idOf(instance), instance);
    this.#applications.set(name, instances);
  }

  #delete(name: string, instance: JsonObject): void {
    const instances = this.#applications.get(name);
    instances?.delete(idOf(instance));
    if (instances?.size === 0) this.#applications.delete(name);
  }
}

/** The hash of the whole registry as the server has it; `''` when it does not tell. @throws Error for what is no answer */
export function statedHash(document: unknown): string {
  return stringOf(rootOf(document)['apps__hashcode']);
}

interface Application {
  readonly name: string;
  readonly instances: readonly JsonObject[];
}

function applicationsOf(document: unknown): Application[] {
  return listOf(rootOf(document)['application']).map((application) => ({
    name: stringOf(application['name']).toUpperCase(),
    instances: listOf(application['instance']),
  }));
}

function rootOf(document: unknown): JsonObject {
  const root = isObject(document) ? document['applications'] : undefined;
  if (!isObject(root)) throw new Error('the answer of the Eureka server holds no applications');
  return root;
}

/** Older servers write a list of one as the one. */
function listOf(value: unknown): JsonObject[] {
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

function idOf(instance: JsonObject): string {
  const { port } = portOf(instance);
  return stringOf(instance['instanceId']) || `${stringOf(instance['hostName'])}:${String(port)}`;
}

/** The plain port unless only the secure one is switched on. */
function portOf(instance: JsonObject): { port: unknown; tls: boolean } {
  const plain = isObject(instance['port']) ? instance['port'] : {};
  const secure = isObject(instance['securePort']) ? instance['securePort'] : {};
  const tls = isOn(secure) && !isOn(plain);
  return { port: (tls ? secure : plain)['$'], tls };
}

function isOn(port: JsonObject): boolean {
  return port['@enabled'] === 'true' || port['@enabled'] === true;
}

function zoneOf(instance: JsonObject): unknown {
  const center = isObject(instance['dataCenterInfo']) ? instance['dataCenterInfo'] : {};
  const own = isObject(center['metadata']) ? center['metadata'] : {};
  return metadataOf(instance)['zone'] ?? own['availability-zone'];
}

function metadataOf(instance: JsonObject): JsonObject {
  return isObject(instance['metadata']) ? instance['metadata'] : {};
}

/** An empty map is written with the name of its class in it. */
function withoutClass(metadata: unknown): unknown {
  if (!isObject(metadata)) return metadata;
  const { '@class': _, ...rest } = metadata;
  return rest;
}
