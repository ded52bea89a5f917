/** The body of a registration (protocol digest 5), of today's services and of older ones, to what is registered. */
import { parseInstanceAddress } from '../../discovery/address.ts';
import type { InstanceStatus } from '../../discovery/provider.ts';
import { Fields, isObject, type JsonObject, Warnings } from '../manifest/fields.ts';
import { instanceIdFault, serviceNameFault } from '../manifest/names.ts';
import { type ManifestContext, parseManifest } from '../manifest/parse.ts';
import { SCHEMA_TYPES } from '../manifest/parse-schemas.ts';
import type { Manifest } from '../model.ts';
import { hostFault, isLoopbackHost, rewriteLoopbackUrl, seenFromHere } from './address.ts';

export interface Registration {
  readonly id: string;
  readonly service: string;
  readonly version: string;
  /** As seen from the gateway. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly status: InstanceStatus;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly manifest: Manifest | null;
  /** The manifest as it was sent, to be kept; null without one. */
  readonly document: unknown;
  readonly schemas: Readonly<Record<string, unknown>>;
  /** The body was `{manifest, schemas}`, whose sender expects another answer. */
  readonly legacy: boolean;
  readonly warnings: readonly string[];
}

/** The body is refused; the message is for the service. */
export class RegistrationFault extends Error {}

export type ManifestPolicy = Pick<ManifestContext, 'strict' | 'checksum'>;

const MAX_LIST = 64;
const MAX_TEXT = 4_096;

/**
 * @param peer IP address of the sender
 * @throws RegistrationFault
 */
export function parseRegistration(body: unknown, peer: string, policy: ManifestPolicy): Registration {
  if (!isObject(body)) throw new RegistrationFault('invalid registration: expected an object');
  const warnings = new Warnings();
  const fields = new Fields(body, '', warnings);
  const instance = fields.object('instance');
  const document = fields.value('manifest') ?? null;
  if (instance === null && document === null) throw new RegistrationFault('instance ID is required');
  return instance === null
    ? legacyRegistration(fields, document, peer, policy)
    : currentRegistration(instance, document, peer, policy);
}

function currentRegistration(
  fields: Fields,
  document: unknown,
  peer: string,
  policy: ManifestPolicy,
): Registration {
  const id = fields.string('id');
  refuseIf(instanceIdFault(id));
  const service = fields.string('service_name');
  refuseIf(serviceNameFault(service));
  const metadata = textsOf(fields.record('metadata'));
  const address = parseInstanceAddress(fields.string('address') || 'localhost', portOf(fields));
  if (address === null)
    throw new RegistrationFault('instance address is required: "address" as host:port, or with "port"');
  const host = seenFromHere(address.host, peer);
  refuseIf(hostFault(host));
  const manifest = document === null ? null : manifestOf(document, { ...policy, service, instanceId: id });
  return {
    id,
    service,
    version: fields.string('service_version') || fields.string('version'),
    host,
    port: address.port,
    tls: address.tls || /^https:/i.test(metadata['farp.manifest'] ?? ''),
    status: statusOf(fields.string('status')),
    tags: fields
      .strings('tags')
      .filter((tag) => tag.length <= MAX_TEXT)
      .slice(0, MAX_LIST),
    metadata: rewriteUrls(metadata, host),
    manifest: manifest?.manifest ?? null,
    document,
    schemas: {},
    legacy: false,
    warnings: [...fields.warnings.list, ...(manifest?.warnings ?? [])],
  };
}

/** `{manifest, schemas}`: the instance is what the manifest says of itself. */
function legacyRegistration(
  fields: Fields,
  document: unknown,
  peer: string,
  policy: ManifestPolicy,
): Registration {
  const { manifest, warnings } = manifestOf(document, policy);
  const address = parseInstanceAddress(statedAddress(manifest), 0);
  if (address === null)
    throw new RegistrationFault('instance address is required: "manifest.instance.address" as host:port');
  const host = seenFromHere(address.host, peer);
  refuseIf(hostFault(host));
  return {
    id: manifest.instanceId,
    service: manifest.serviceName,
    version: manifest.serviceVersion,
    host,
    port: address.port,
    tls: address.tls,
    status: statusOf(manifest.instance?.status ?? ''),
    tags: [],
    metadata: { 'farp.enabled': 'true' },
    manifest,
    document,
    schemas: documentsOf(fields.value('schemas')),
    legacy: true,
    warnings,
  };
}

function manifestOf(document: unknown, context: ManifestContext) {
  const { manifest, warnings, error } = parseManifest(document, context);
  if (error !== null) throw new RegistrationFault(`invalid manifest: ${error}`);
  return { manifest, warnings };
}

/** The order of section 7 where there is no registration: `instance.address`, then where its schemas are. */
function statedAddress({ instance, schemas }: Manifest): string {
  if (instance !== null && instance.address !== '') return instance.address;
  for (const { location } of schemas)
    if (location.kind === 'http' && URL.canParse(location.url)) return new URL(location.url).origin;
  return '';
}

/** By type: `{openapi: {…}}`, or a list of `{type, schema}`. */
function documentsOf(schemas: unknown): Readonly<Record<string, unknown>> {
  const documents: [type: string, document: unknown][] = [];
  if (Array.isArray(schemas)) {
    for (const entry of schemas.filter(isObject)) {
      const { type, schema, content, document } = entry;
      if (typeof type === 'string') documents.push([type, schema ?? content ?? document]);
    }
  } else if (isObject(schemas)) {
    documents.push(...Object.entries(schemas));
  }
  return Object.fromEntries(
    documents
      .map(([type, document]) => [type.toLowerCase(), document] as const)
      .filter(
        ([type, document]) => SCHEMA_TYPES.includes(type) && document !== undefined && document !== null,
      ),
  );
}

function portOf(fields: Fields): number {
  const port = fields.number('port', 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RegistrationFault('port must be a whole number from 0 to 65535');
  return port;
}

const STATUSES: Readonly<Record<string, InstanceStatus>> = {
  '': 'healthy',
  starting: 'starting',
  healthy: 'healthy',
  degraded: 'degraded',
  unhealthy: 'unhealthy',
  draining: 'draining',
  stopping: 'stopping',
  // As registries of services call them.
  passing: 'healthy',
  warning: 'degraded',
  critical: 'unhealthy',
};

/** What is not known to be ready is not. */
export function statusOf(text: string): InstanceStatus {
  const status = text.toLowerCase();
  return Object.hasOwn(STATUSES, status) ? (STATUSES[status] as InstanceStatus) : 'starting';
}

function textsOf(metadata: JsonObject): Record<string, string> {
  const texts = Object.entries(metadata)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([name, value]) => [name, String(value)] as const)
    .filter(([name, value]) => name.length + value.length <= MAX_TEXT);
  return Object.fromEntries(texts.slice(0, MAX_LIST));
}

/** `farp.manifest` of a service on another host often says `http://localhost:…`. */
function rewriteUrls(metadata: Readonly<Record<string, string>>, host: string): Record<string, string> {
  if (isLoopbackHost(host)) return { ...metadata };
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      name,
      name.startsWith('farp.') ? rewriteLoopbackUrl(value, host) : value,
    ]),
  );
}

function refuseIf(fault: string): void {
  if (fault !== '') throw new RegistrationFault(fault);
}
