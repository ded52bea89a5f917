/** From what a registration says to an instance. Everything in it was written by others and may be of any type. */
import { parseInstanceAddress } from './address.ts';
import type { Refusal } from './backend.ts';
import type { InstanceStatus, ServiceInstance } from './provider.ts';

/** What is absent is `undefined` (or `null`); the address may hold the port, which is 0 or absent then. */
export interface Registration {
  readonly id: unknown;
  readonly service: unknown;
  readonly version?: unknown;
  readonly address: unknown;
  readonly port?: unknown;
  readonly tls?: boolean;
  readonly weight?: unknown;
  readonly zone?: unknown;
  readonly status?: unknown;
  readonly tags?: unknown;
  readonly metadata?: unknown;
}

export interface ReadInstance {
  /** null when the registration cannot be used at all. */
  readonly instance: ServiceInstance | null;
  readonly refusals: readonly Refusal[];
}

const MAX_NAME = 253;
const MAX_METADATA = 256;
const MAX_KEY = 317; // a label of Kubernetes: 253 for the prefix, "/", 63 for the name
const MAX_VALUE = 4_096;
const MAX_TAGS = 128;
/** The whole manifest may stand in the metadata (protocol digest 6.1); it may be as large as one that is fetched. */
const MANIFEST_KEY = 'schema_manifest';
const MAX_MANIFEST = 1_048_576;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** @param subject names the registration in refusals */
export function readInstance(registration: Registration, subject: string): ReadInstance {
  const refusals: Refusal[] = [];
  const refuse = (reason: string): ReadInstance => ({ instance: null, refusals: [{ subject, reason }] });

  const { id, service } = registration;
  if (!isName(service)) return refuse(`service name ${fault(service)}`);
  if (!isName(id)) return refuse(`instance id ${fault(id)}`);
  const { address } = registration;
  if (!isName(address)) return refuse(`address ${fault(address)}`);
  const port = wholeNumber(registration.port);
  if (port === null || port < 0 || port > 65_535) return refuse('port is no number from 1 to 65535');
  const place = parseInstanceAddress(address, port);
  if (place === null) return refuse('address is no host with a port');

  const instance: ServiceInstance = {
    id,
    service,
    version: textOr(registration.version, ''),
    host: place.host,
    port: place.port,
    tls: registration.tls ?? place.tls,
    weight: weightOf(registration.weight),
    zone: textOr(registration.zone, ''),
    status: statusOf(registration.status),
    tags: tagsOf(registration.tags, subject, refusals),
    metadata: metadataOf(registration.metadata, subject, refusals),
  };
  return { instance, refusals };
}

const STATUSES: ReadonlyMap<string, InstanceStatus> = new Map([
  ['starting', 'starting'],
  ['degraded', 'degraded'],
  ['warning', 'degraded'],
  ['unhealthy', 'unhealthy'],
  ['critical', 'unhealthy'],
  ['down', 'unhealthy'],
  ['draining', 'draining'],
  ['out_of_service', 'draining'],
  ['maintenance', 'draining'],
  ['stopping', 'stopping'],
]);

/** The words of FARP, Consul, Forge and Eureka. What says nothing is healthy: the gateway's own checks find out. */
export function statusOf(value: unknown): InstanceStatus {
  return (typeof value === 'string' ? STATUSES.get(value.toLowerCase()) : undefined) ?? 'healthy';
}

function weightOf(value: unknown): number {
  const weight = wholeNumber(value ?? 100);
  return weight === null ? 100 : Math.min(100, Math.max(0, weight));
}

function tagsOf(value: unknown, subject: string, refusals: Refusal[]): readonly string[] {
  if (!Array.isArray(value)) {
    if (value !== undefined && value !== null) refusals.push({ subject, reason: 'tags are no list' });
    return [];
  }
  const tags = value.filter((tag): tag is string => isName(tag));
  if (tags.length < value.length) refusals.push({ subject, reason: 'a tag is no short text: left out' });
  if (tags.length > MAX_TAGS)
    refusals.push({ subject, reason: `more than ${MAX_TAGS} tags: the rest left out` });
  return tags.slice(0, MAX_TAGS);
}

function metadataOf(value: unknown, subject: string, refusals: Refusal[]): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    refusals.push({ subject, reason: 'metadata are no map' });
    return {};
  }
  const entries: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (entries.length === MAX_METADATA) {
      refusals.push({ subject, reason: `more than ${MAX_METADATA} metadata: the rest left out` });
      break;
    }
    const reason = metadataFault(key, text);
    if (reason === '') entries.push([key, text as string]);
    else refusals.push({ subject: `${subject}, metadata ${shown(key)}`, reason });
  }
  // fromEntries defines own properties: `__proto__` is a key like any other.
  return Object.fromEntries(entries);
}

function metadataFault(key: string, value: unknown): string {
  if (key.length > MAX_KEY || CONTROL.test(key)) return 'the key is too long or has control characters';
  if (typeof value !== 'string') return `the value is ${value === null ? 'null' : typeof value}, not text`;
  if (key === MANIFEST_KEY) return value.length > MAX_MANIFEST ? 'the manifest is larger than 1 MiB' : '';
  if (value.length > MAX_VALUE) return `the value is longer than ${MAX_VALUE} characters`;
  return CONTROL.test(value) ? 'the value has control characters' : '';
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME && !CONTROL.test(value);
}

function fault(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'is missing';
  if (typeof value !== 'string') return 'is no text';
  return value.length > MAX_NAME ? `is longer than ${MAX_NAME} characters` : 'has control characters';
}

function textOr(value: unknown, absent: string): string {
  return isName(value) ? value : absent;
}

/** Numbers may be written as text (Consul's meta, DNS-SD). Absent is 0; null is no number. */
function wholeNumber(value: unknown): number | null {
  if (value === undefined || value === null || value === '') return 0;
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : null;
}

function shown(key: string): string {
  return JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key);
}
