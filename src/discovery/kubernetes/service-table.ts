/** Services with the endpoints in their slices, as entries of discovery. */
import { isObject, type JsonObject, listOf, objectOf, stringOf } from '../../shared/json.ts';
import type { Entry } from '../backend.ts';
import { readInstance } from '../read-instance.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
/** Written by kubectl: the whole object once more. */
const NOISE: ReadonlySet<string> = new Set(['kubectl.kubernetes.io/last-applied-configuration']);

export class ServiceTable {
  readonly #qualified: boolean;
  readonly #services = new Map<string, JsonObject>();
  /** By the key of their service, then by name. */
  readonly #slices = new Map<string, Map<string, JsonObject>>();

  /** @param qualified names of services hold their namespace, because several namespaces are watched */
  constructor(qualified: boolean) {
    this.#qualified = qualified;
  }

  /** @returns the keys of entries that may be other now */
  putService(service: JsonObject): string {
    const key = keyOf(service, nameOf(service));
    this.#services.set(key, service);
    return key;
  }

  removeService(service: JsonObject): string {
    const key = keyOf(service, nameOf(service));
    this.#services.delete(key);
    return key;
  }

  putSlice(slice: JsonObject): string {
    const key = sliceKey(slice);
    const slices = this.#slices.get(key) ?? new Map<string, JsonObject>();
    slices.set(nameOf(slice), slice);
    this.#slices.set(key, slices);
    return key;
  }

  removeSlice(slice: JsonObject): string {
    const key = sliceKey(slice);
    const slices = this.#slices.get(key);
    slices?.delete(nameOf(slice));
    if (slices?.size === 0) this.#slices.delete(key);
    return key;
  }

  /** @param scope namespace, `''` for all of them */
  clearServices(scope: string): void {
    for (const key of this.#services.keys()) if (isWithin(key, scope)) this.#services.delete(key);
  }

  clearSlices(scope: string): void {
    for (const key of this.#slices.keys()) if (isWithin(key, scope)) this.#slices.delete(key);
  }

  *entries(): Generator<Entry> {
    for (const key of this.#services.keys()) {
      const entry = this.entry(key);
      if (entry !== null) yield entry;
    }
  }

  /** null: there is no such service. */
  entry(key: string): Entry | null {
    const service = this.#services.get(key);
    if (service === undefined) return null;
    const slices = [...(this.#slices.get(key)?.values() ?? [])];
    const metadata = serviceMetadata(service);
    const name =
      metadata['farp.service'] ?? (this.#qualified ? key.split('/').reverse().join('.') : nameOf(service));
    const read = preferredFamily(service, slices).flatMap((slice) => {
      const port = portOf(slice, metadata);
      return listOf(slice['endpoints'])
        .filter(isObject)
        .map((endpoint) =>
          readInstance(
            {
              id: idOf(endpoint),
              service: name,
              version: objectOf(objectOf(service['metadata'])['labels'])['app.kubernetes.io/version'],
              address: listOf(endpoint['addresses'])[0],
              port: port?.number,
              tls: port?.tls ?? false,
              weight: metadata['farp.weight'],
              zone: endpoint['zone'],
              status: statusOf(objectOf(endpoint['conditions'])),
              metadata,
            },
            `${key} ${idOf(endpoint)}`,
          ),
        );
    });
    return {
      key,
      instances: read.flatMap(({ instance }) => instance ?? []),
      refusals: read.flatMap(({ refusals }) => refusals),
    };
  }
}

function nameOf(object: JsonObject): string {
  return stringOf(objectOf(object['metadata'])['name']);
}

function keyOf(object: JsonObject, name: string): string {
  return `${stringOf(objectOf(object['metadata'])['namespace'])}/${name}`;
}

function sliceKey(slice: JsonObject): string {
  return keyOf(slice, stringOf(objectOf(objectOf(slice['metadata'])['labels'])[SERVICE_LABEL]));
}

function isWithin(key: string, scope: string): boolean {
  return scope === '' || key.startsWith(`${scope}/`);
}

/**
 * Labels, and annotations, which win. `farp.io/enabled` is what the FARP library writes, since labels of others should have
 * a prefix: it means `farp.enabled`.
 */
function serviceMetadata(service: JsonObject): Record<string, string> {
  const own = objectOf(service['metadata']);
  const result: Record<string, string> = {};
  for (const source of [objectOf(own['labels']), objectOf(own['annotations'])]) {
    for (const [key, value] of Object.entries(source)) {
      if (NOISE.has(key) || typeof value !== 'string') continue;
      result[key.startsWith('farp.io/') ? `farp.${key.slice('farp.io/'.length)}` : key] = value;
    }
  }
  return result;
}

/** A service with both families has every pod twice; the first family is the one it prefers. */
function preferredFamily(service: JsonObject, slices: readonly JsonObject[]): readonly JsonObject[] {
  const preferred = listOf(objectOf(service['spec'])['ipFamilies'])[0];
  const matching = slices.filter((slice) => slice['addressType'] === preferred);
  return matching.length > 0 ? matching : slices;
}

interface ChosenPort {
  readonly number: unknown;
  readonly tls: boolean;
}

/** The one of the annotation `farp.port` (name or number), else the one called `http`, `https` or `web`, else the first. */
function portOf(slice: JsonObject, metadata: Readonly<Record<string, string>>): ChosenPort | null {
  const ports = listOf(slice['ports'])
    .filter(isObject)
    .filter((port) => (stringOf(port['protocol']) || 'TCP') === 'TCP');
  const wanted = metadata['farp.port'];
  const byWish = (port: JsonObject) => port['name'] === wanted || String(port['port']) === wanted;
  const chosen =
    wanted === undefined
      ? (['http', 'https', 'web'].map((name) => ports.find((port) => port['name'] === name)).find(Boolean) ??
        ports.find((port) => /^https?$/.test(stringOf(port['appProtocol']))) ??
        ports[0])
      : ports.find(byWish);
  if (chosen === undefined) return null;
  const secure = chosen['name'] === 'https' || chosen['appProtocol'] === 'https';
  const stated = metadata['farp.tls'];
  return { number: chosen['port'], tls: stated === undefined ? secure : stated === 'true' };
}

function idOf(endpoint: JsonObject): string {
  return stringOf(objectOf(endpoint['targetRef'])['name']) || stringOf(listOf(endpoint['addresses'])[0]);
}

/** Unknown counts as ready, as the documentation of the API asks for. */
function statusOf({ ready, serving, terminating }: JsonObject): string {
  if (terminating === true) return serving === false ? 'stopping' : 'draining';
  return ready === false ? 'unhealthy' : 'healthy';
}
