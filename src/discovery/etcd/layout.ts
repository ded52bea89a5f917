/**
 * How instances are laid out in etcd (protocol digest 6.2), below `PREFIX/services/`:
 * `SERVICE/ID` holds the instance as JSON (the FARP library, and Forge with an empty prefix);
 * `SERVICE/instances/ID/metadata` and `…/manifest` describe it in two documents (the protocol's own layout).
 */
import { gunzipSync } from 'node:zlib';
import { isObject, type JsonObject, objectOf } from '../../shared/json.ts';
import type { Entry } from '../backend.ts';
import { readInstance } from '../read-instance.ts';

/** Where in the layouts a key stands; null when it is none of an instance (schemas, for example, stand beside them). */
export interface InstanceKey {
  readonly service: string;
  readonly id: string;
  /** `whole` for the layout of one document. */
  readonly part: 'whole' | 'metadata' | 'manifest';
  readonly compressed: boolean;
}

const MAX_BYTES = 1_048_576;

/** `farp` -> `farp/services/`, `` -> `/services/` */
export function servicesPrefix(prefix: string): string {
  return `${prefix.replace(/\/$/, '')}/services/`;
}

/** @param path the key without `PREFIX/services/` */
export function parseKey(path: string): InstanceKey | null {
  const compressed = path.endsWith('.gz');
  const segments = (compressed ? path.slice(0, -3) : path).split('/');
  const [service = '', second = '', third = '', part = ''] = segments;
  if (service === '' || second === '') return null;
  if (segments.length === 2 && second !== 'instances') {
    return { service, id: second, part: 'whole', compressed };
  }
  if (segments.length !== 4 || second !== 'instances' || third === '') return null;
  return part === 'metadata' || part === 'manifest' ? { service, id: third, part, compressed } : null;
}

/** The documents of one instance, by key. */
export type Documents = ReadonlyMap<string, { readonly at: InstanceKey; readonly value: Buffer }>;

/** @param group what the entry is called: the same for all documents of the instance */
export function readEntry(group: string, documents: Documents): Entry {
  const failure = (subject: string, reason: string): Entry => ({
    key: group,
    instances: [],
    refusals: [{ subject, reason }],
  });
  let registration: JsonObject = {};
  let manifestText = '';
  let subject = group;
  let at: InstanceKey | null = null;
  for (const [key, document] of documents) {
    at = document.at;
    subject = `key ${key}`;
    const text = textOf(document.value, at.compressed);
    if (text === null) return failure(subject, `the value is larger than ${MAX_BYTES} bytes or damaged`);
    const value = parse(text);
    if (!isObject(value)) return failure(subject, 'the value is no JSON object');
    if (at.part === 'manifest') manifestText = text;
    else registration = value;
  }
  if (at === null) return { key: group, instances: [], refusals: [] };
  const combined =
    at.part === 'whole' ? wholeRegistration(registration, at) : twoDocuments(registration, manifestText, at);
  const { instance, refusals } = readInstance(combined, subject);
  return { key: group, instances: instance === null ? [] : [instance], refusals };
}

/** Members as the library writes them, or Forge (`name` for `service_name`). */
function wholeRegistration(value: JsonObject, at: InstanceKey): Parameters<typeof readInstance>[0] {
  return {
    id: value['id'] ?? at.id,
    service: value['service_name'] ?? value['name'] ?? at.service,
    version: value['version'] ?? value['service_version'],
    address: value['address'],
    port: value['port'],
    weight: value['weight'],
    zone: value['zone'],
    status: value['status'],
    tags: value['tags'],
    metadata: value['metadata'],
  };
}

/**
 * `metadata` is a registration like the other, or just the map of metadata; the manifest, if there, goes on as it is
 * and knows the address if nothing else does.
 */
function twoDocuments(
  value: JsonObject,
  manifestText: string,
  at: InstanceKey,
): Parameters<typeof readInstance>[0] {
  const manifest = objectOf(manifestText === '' ? null : parse(manifestText));
  const stated = objectOf(manifest['instance']);
  const flat = value['address'] === undefined && !isObject(value['metadata']);
  const metadata = flat ? value : objectOf(value['metadata']);
  return {
    ...wholeRegistration(flat ? {} : value, at),
    version: value['version'] ?? value['service_version'] ?? manifest['service_version'],
    address: value['address'] ?? stated['address'] ?? urlHost(metadata['farp.manifest']),
    weight: value['weight'] ?? stated['weight'],
    zone: value['zone'] ?? stated['zone'],
    status: value['status'] ?? stated['status'],
    metadata: manifestText === '' ? metadata : { ...metadata, schema_manifest: manifestText },
  };
}

/** The origin of `farp.manifest` is the last that can tell where an instance is. */
function urlHost(url: unknown): string | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).origin : undefined;
}

function textOf(value: Buffer, compressed: boolean): string | null {
  try {
    const bytes = compressed ? gunzipSync(value, { maxOutputLength: MAX_BYTES }) : value;
    return bytes.length > MAX_BYTES ? null : bytes.toString('utf8');
  } catch {
    return null;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
