import { isFieldValue, isToken } from '../../http/characters.js';
export const SCHEMA_TYPES = [
    'openapi',
    'asyncapi',
    'grpc',
    'graphql',
    'orpc',
    'thrift',
    'avro',
    'custom',
];
/** The reference library counts characters and does not look at them. */
const HASH_LENGTH = 64;
/** Fields that belong to the connection or say where the request goes: no manifest decides on them. */
const FORBIDDEN_HEADERS = /^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|proxy-.*)$/i;
/** 1.1. A schema with a fault is left out, the others stay. */
export function parseSchemas(manifest) {
    return manifest.objects('schemas').flatMap((fields) => {
        const { type, spec_version, content_type } = {
            type: fields.string('type').toLowerCase(),
            spec_version: fields.string('spec_version'),
            content_type: fields.string('content_type'),
        };
        const hash = fields.string('hash');
        const location = parseLocation(fields);
        const fault = typeof location === 'string' ? location : descriptorFault(type, spec_version, hash, content_type);
        if (fault !== '' || typeof location === 'string') {
            fields.warnings.add(`${fields.path}: left out: ${fault}`);
            return [];
        }
        if (hash === '')
            fields.warn('hash', 'schema hash is required; changes show only when it is fetched');
        else if (!/^[0-9a-f]+$/i.test(hash))
            fields.warn('hash', 'not hexadecimal, so it matches no schema');
        const metadata = fields.record('metadata');
        return [
            {
                type: type,
                specVersion: spec_version,
                location,
                contentType: content_type,
                hash,
                metadata,
            },
        ];
    });
}
/** What the manifest's checksum is made of. */
export function statedHashes(manifest) {
    return manifest.objects('schemas').map((fields) => ({
        type: fields.string('type'),
        hash: fields.string('hash'),
    }));
}
function descriptorFault(type, specVersion, hash, contentType) {
    if (!SCHEMA_TYPES.includes(type))
        return `unsupported schema type: ${type}`;
    if (specVersion === '')
        return 'spec version is required';
    if (hash !== '' && hash.length !== HASH_LENGTH)
        return 'invalid hash format (expected 64 hex characters)';
    if (contentType === '')
        return 'content type is required';
    return '';
}
/** @returns the fault as text */
function parseLocation(fields) {
    const location = fields.object('location');
    const type = location?.string('type') ?? '';
    switch (type) {
        case 'http':
            return location === null ? '' : parseHttpLocation(location);
        case 'registry': {
            const path = location?.string('registry_path') ?? '';
            if (path === '')
                return 'invalid schema location: registry path required for registry location';
            return { kind: 'registry', path };
        }
        case 'inline': {
            // The specification shows the schema inside of the location, its types have it beside (digest 14, row 32).
            const document = fields.value('inline_schema') ?? location?.value('inline_schema');
            if (document === undefined)
                return 'inline schema is required for inline location type';
            return { kind: 'inline', document };
        }
        default:
            return `invalid schema location: invalid location type: ${type}`;
    }
}
/** `url` may be a path: it is then one at the instance. */
function parseHttpLocation(location) {
    const url = location.string('url');
    if (url === '')
        return 'invalid schema location: URL required for HTTP location';
    const isPath = url.startsWith('/') && !url.startsWith('//');
    if (!isPath && !(/^https?:\/\//i.test(url) && URL.canParse(url)))
        return 'invalid schema location: URL must begin with http:// or https://';
    return { kind: 'http', url, headers: parseHeaders(location) };
}
function parseHeaders(location) {
    const headers = Object.entries(location.stringMap('headers'));
    const usable = headers.filter(([name, value]) => isToken(name) && isFieldValue(value) && !FORBIDDEN_HEADERS.test(name));
    if (usable.length < headers.length)
        location.warn('headers', 'fields that cannot be sent are ignored');
    return Object.fromEntries(usable);
}
//# sourceMappingURL=parse-schemas.js.map