/**
 * The checks of the reference library, in its order and its words (protocol digest 2.1): for gateways that are to refuse
 * whatever it refuses, and for services that want to know before they are.
 */
import { checksumFault, manifestChecksum } from './checksum.js';
import { Fields, isObject, Warnings } from './fields.js';
import { goTypeFault } from './go-types.js';
import { MOUNT_STRATEGIES } from './parse-routing.js';
import { SCHEMA_TYPES, statedHashes } from './parse-schemas.js';
import { isAcceptedVersion, isCompatibleVersion, versionFault } from './version.js';
/**
 * @param document what `JSON.parse` made of the manifest
 * @param protocolVersion of a library that compares minor versions too; '' applies the gateway's rule (every 1.x)
 * @returns '' when it is valid
 */
export function validateManifest(document, protocolVersion = '') {
    const typeFault = goTypeFault(document);
    if (typeFault !== '')
        return `invalid manifest format: ${typeFault}`;
    const manifest = new Fields(isObject(document) ? document : {}, '', new Warnings());
    return (checkVersion(manifest.string('version'), protocolVersion) ||
        required(manifest, 'service_name', 'service name is required') ||
        required(manifest, 'instance_id', 'instance ID is required') ||
        checkHealth(manifest.object('endpoints')) ||
        prefixed('invalid instance metadata', checkInstance(manifest.object('instance'))) ||
        prefixed('invalid routing config', checkRouting(manifest.object('routing'))) ||
        checkSchemas(manifest) ||
        checkChecksum(manifest));
}
function checkVersion(version, protocolVersion) {
    if (protocolVersion === '')
        return isAcceptedVersion(version) ? '' : versionFault(version);
    return isCompatibleVersion(version, protocolVersion) ? '' : versionFault(version, protocolVersion);
}
function required(fields, name, message) {
    return fields.string(name) === '' ? fault(name, message) : '';
}
function fault(field, message) {
    return `validation error: field=${field} message=${message}`;
}
function prefixed(prefix, found) {
    return found === '' ? '' : `${prefix}: ${found}`;
}
function checkHealth(endpoints) {
    return (endpoints?.string('health') ?? '') === ''
        ? fault('endpoints.health', 'health endpoint is required')
        : '';
}
function checkInstance(instance) {
    if (instance === null)
        return '';
    const address = required(instance, 'address', 'instance address is required');
    if (address !== '')
        return address;
    if (isOutside(instance, 'weight'))
        return fault('weight', 'instance weight must be between 0 and 100');
    const deployment = instance.object('deployment');
    if (deployment === null)
        return '';
    if (deployment.string('deployment_id') === '')
        return fault('deployment.deployment_id', 'deployment ID is required');
    return isOutside(deployment, 'traffic_percent')
        ? fault('deployment.traffic_percent', 'traffic percent must be between 0 and 100')
        : '';
}
function checkRouting(routing) {
    const strategy = routing?.string('strategy') ?? '';
    if (routing === null)
        return '';
    if (strategy !== '' && !MOUNT_STRATEGIES.includes(strategy))
        return fault('routing.strategy', `invalid mount strategy: ${strategy}`);
    if (strategy === 'custom' && routing.string('base_path') === '')
        return fault('routing.base_path', 'base path is required for custom mount strategy');
    if (strategy === 'subdomain' && routing.string('subdomain') === '')
        return fault('routing.subdomain', 'subdomain is required for subdomain mount strategy');
    return isOutside(routing, 'priority')
        ? fault('routing.priority', 'routing priority must be between 0 and 100')
        : '';
}
function isOutside(fields, name) {
    const value = fields.number(name, 0);
    return value < 0 || value > 100;
}
function checkSchemas(manifest) {
    let index = 0;
    for (const schema of schemasOf(manifest)) {
        const found = checkSchema(schema);
        if (found !== '')
            return `invalid schema at index ${index}: ${found}`;
        index++;
    }
    return '';
}
/** `null` among the schemas is Go's zero schema. */
function schemasOf(manifest) {
    return manifest
        .list('schemas')
        .map((schema) => new Fields(isObject(schema) ? schema : {}, 'schemas', manifest.warnings));
}
function checkSchema(schema) {
    const type = schema.string('type');
    if (!SCHEMA_TYPES.includes(type))
        return `unsupported schema type: ${type}`;
    const specVersion = required(schema, 'spec_version', 'spec version is required');
    if (specVersion !== '')
        return specVersion;
    const location = checkLocation(schema.object('location'));
    if (location !== '')
        return `invalid schema location: ${location}`;
    if (schema.object('location')?.string('type') === 'inline' && !schema.has('inline_schema'))
        return fault('inline_schema', 'inline schema is required for inline location type');
    const hash = schema.string('hash');
    if (hash === '')
        return fault('hash', 'schema hash is required');
    // Go counts bytes.
    if (Buffer.byteLength(hash) !== 64)
        return fault('hash', 'invalid hash format (expected 64 hex characters)');
    return required(schema, 'content_type', 'content type is required');
}
function checkLocation(location) {
    const type = location?.string('type') ?? '';
    switch (type) {
        case 'http':
            return location?.has('url') === true && location.string('url') !== ''
                ? ''
                : 'URL required for HTTP location';
        case 'registry':
            return location?.string('registry_path') ? '' : 'registry path required for registry location';
        case 'inline':
            return '';
        default:
            return `invalid location type: ${type}`;
    }
}
function checkChecksum(manifest) {
    const stated = manifest.string('checksum');
    if (stated === '')
        return '';
    const expected = manifestChecksum(statedHashes(manifest));
    return stated === expected ? '' : checksumFault(expected, stated);
}
//# sourceMappingURL=validate.js.map