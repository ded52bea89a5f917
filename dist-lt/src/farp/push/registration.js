import { Fields, isObject, Warnings } from '../manifest/fields.js';
import { instanceIdFault, serviceNameFault } from '../manifest/names.js';
import { parseManifest } from '../manifest/parse.js';
import { SCHEMA_TYPES } from '../manifest/parse-schemas.js';
import { hostFault, isLoopbackHost, parseInstanceAddress, rewriteLoopbackUrl, seenFromHere, } from './address.js';
/** The body is refused; the message is for the service. */
export class RegistrationFault extends Error {
}
const MAX_LIST = 64;
const MAX_TEXT = 4_096;
/**
 * @param peer IP address of the sender
 * @throws RegistrationFault
 */
export function parseRegistration(body, peer, policy) {
    if (!isObject(body))
        throw new RegistrationFault('invalid registration: expected an object');
    const warnings = new Warnings();
    const fields = new Fields(body, '', warnings);
    const instance = fields.object('instance');
    const document = fields.value('manifest') ?? null;
    if (instance === null && document === null)
        throw new RegistrationFault('instance ID is required');
    return instance === null
        ? legacyRegistration(fields, document, peer, policy)
        : currentRegistration(instance, document, peer, policy);
}
function currentRegistration(fields, document, peer, policy) {
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
function legacyRegistration(fields, document, peer, policy) {
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
function manifestOf(document, context) {
    const { manifest, warnings, error } = parseManifest(document, context);
    if (error !== null)
        throw new RegistrationFault(`invalid manifest: ${error}`);
    return { manifest, warnings };
}
/** The order of section 7 where there is no registration: `instance.address`, then where its schemas are. */
function statedAddress({ instance, schemas }) {
    if (instance !== null && instance.address !== '')
        return instance.address;
    for (const { location } of schemas)
        if (location.kind === 'http' && URL.canParse(location.url))
            return new URL(location.url).origin;
    return '';
}
/** By type: `{openapi: {…}}`, or a list of `{type, schema}`. */
function documentsOf(schemas) {
    const documents = [];
    if (Array.isArray(schemas)) {
        for (const entry of schemas.filter(isObject)) {
            const { type, schema, content, document } = entry;
            if (typeof type === 'string')
                documents.push([type, schema ?? content ?? document]);
        }
    }
    else if (isObject(schemas)) {
        documents.push(...Object.entries(schemas));
    }
    return Object.fromEntries(documents
        .map(([type, document]) => [type.toLowerCase(), document])
        .filter(([type, document]) => SCHEMA_TYPES.includes(type) && document !== undefined && document !== null));
}
function portOf(fields) {
    const port = fields.number('port', 0);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
        throw new RegistrationFault('port must be a whole number from 0 to 65535');
    return port;
}
const STATUSES = {
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
export function statusOf(text) {
    const status = text.toLowerCase();
    return Object.hasOwn(STATUSES, status) ? STATUSES[status] : 'starting';
}
function textsOf(metadata) {
    const texts = Object.entries(metadata)
        .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
        .map(([name, value]) => [name, String(value)])
        .filter(([name, value]) => name.length + value.length <= MAX_TEXT);
    return Object.fromEntries(texts.slice(0, MAX_LIST));
}
/** `farp.manifest` of a service on another host often says `http://localhost:…`. */
function rewriteUrls(metadata, host) {
    if (isLoopbackHost(host))
        return { ...metadata };
    return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [
        name,
        name.startsWith('farp.') ? rewriteLoopbackUrl(value, host) : value,
    ]));
}
function refuseIf(fault) {
    if (fault !== '')
        throw new RegistrationFault(fault);
}
//# sourceMappingURL=registration.js.map