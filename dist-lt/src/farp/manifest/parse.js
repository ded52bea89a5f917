import { checksumFault, manifestChecksum } from './checksum.js';
import { Fields, isObject, Warnings } from './fields.js';
import { JsonTextError, jsonKind, parseJsonText } from './json-text.js';
import { instanceIdFault, serviceNameFault } from './names.js';
import { parseInstance } from './parse-instance.js';
import { parseRouting } from './parse-routing.js';
import { parseSchemas, statedHashes } from './parse-schemas.js';
import { parseWebhook } from './parse-webhook.js';
import { MAX_ROUTES, parseRouteTable } from './route-table.js';
import { validateManifest } from './validate.js';
import { isAcceptedVersion, versionFault } from './version.js';
/** Manifests of today are a few kilobytes; with inline schemas a few hundred. */
export const MAX_MANIFEST_BYTES = 1_048_576;
/** `document` is JSON text, or what `JSON.parse` made of it. Never throws. */
export function parseManifest(document, context = {}) {
    const warnings = new Warnings();
    try {
        const manifest = read(document, context, warnings);
        return { manifest, warnings: warnings.list, error: null };
    }
    catch (error) {
        if (!(error instanceof ManifestFault))
            throw error;
        return { manifest: null, warnings: warnings.list, error: error.message };
    }
}
class ManifestFault extends Error {
}
function read(document, context, warnings) {
    const json = typeof document === 'string' ? decode(document) : document;
    if (context.strict === true)
        refuseIf(validateManifest(json));
    const fields = new Fields(rootOf(json), '', warnings);
    const version = fields.string('version');
    refuseIf(isAcceptedVersion(version) ? '' : versionFault(version));
    const serviceName = fields.string('service_name');
    refuseIf(fieldFault('service_name', serviceNameFault(serviceName)));
    refuseIf(ownerFault(serviceName, context.service ?? ''));
    const instanceId = fields.string('instance_id') || (context.instanceId ?? '');
    refuseIf(fieldFault('instance_id', instanceIdFault(instanceId)));
    return {
        version,
        serviceName,
        serviceVersion: fields.string('service_version'),
        instanceId,
        instance: parseInstance(fields.object('instance')),
        checksum: checkedChecksum(fields, context.checksum ?? 'reject'),
        schemas: parseSchemas(fields),
        capabilities: fields.strings('capabilities'),
        endpoints: parseEndpoints(fields.object('endpoints')),
        routing: parseRouting(fields.object('routing') ?? new Fields({}, 'routing', warnings)),
        routeTable: cappedRouteTable(fields),
        webhook: parseWebhook(fields.object('webhook')),
        auth: parseAuth(fields),
        hints: fields.value('hints') ?? null,
        updatedAt: fields.number('updated_at', 0),
        routesChecksum: fields.string('routes_checksum'),
    };
}
function decode(text) {
    try {
        return parseJsonText(text);
    }
    catch (error) {
        if (!(error instanceof JsonTextError))
            throw error;
        throw new ManifestFault(`invalid manifest format: ${error.message}`);
    }
}
/** `null` is an empty manifest, as for Go's decoder: its fault is then that it has no version. */
function rootOf(json) {
    if (json === null || json === undefined)
        return {};
    if (isObject(json))
        return json;
    throw new ManifestFault(`invalid manifest format: json: cannot unmarshal ${jsonKind(json)} into Go value of type farp.SchemaManifest`);
}
function refuseIf(fault) {
    if (fault !== '')
        throw new ManifestFault(fault);
}
function fieldFault(field, message) {
    return message === '' ? '' : `validation error: field=${field} message=${message}`;
}
/** Nobody speaks for another service, whatever manifest its address serves. */
function ownerFault(stated, expected) {
    if (expected === '' || stated.toLowerCase() === expected.toLowerCase())
        return '';
    return `the manifest is that of the service ${stated}, not of ${expected}`;
}
/** Over the schemas as stated, dropped ones among them: that is what the service computed. */
function checkedChecksum(fields, onMismatch) {
    const stated = fields.string('checksum');
    if (stated === '')
        return '';
    const expected = manifestChecksum(statedHashes(fields));
    if (stated.toLowerCase() === expected)
        return stated;
    const fault = checksumFault(expected, stated);
    if (onMismatch === 'reject')
        throw new ManifestFault(fault);
    fields.warn('checksum', fault);
    return stated;
}
function parseEndpoints(fields) {
    return {
        health: fields?.string('health') ?? '',
        metrics: fields?.string('metrics') ?? '',
        openapi: fields?.string('openapi') ?? '',
        asyncapi: fields?.string('asyncapi') ?? '',
        graphql: fields?.string('graphql') ?? '',
        grpcReflection: fields?.boolean('grpc_reflection') ?? false,
    };
}
function cappedRouteTable(fields) {
    const count = fields.list('route_table').length;
    refuseIf(count > MAX_ROUTES ? `route_table: ${count} routes are more than ${MAX_ROUTES}` : '');
    return parseRouteTable(fields);
}
/** Go writes an empty `auth` where none is configured. */
function parseAuth(fields) {
    const auth = fields.record('auth');
    const configured = Object.values(auth).some((value) => Array.isArray(value) ? value.length > 0 : value !== null && value !== '');
    return configured ? auth : null;
}
//# sourceMappingURL=parse.js.map