/** With the version of the schema format that is assumed; readers look at the document itself. */
const FETCHED = { openapi: '3.1.0', asyncapi: '3.0.0' };
/** Types of the schemas that the metadata point to. */
export function schemaTypesIn(metadata) {
    const fetched = Object.keys(FETCHED).filter((type) => locationIn(metadata, type) !== '');
    return locationIn(metadata, 'graphql') === '' ? fetched : [...fetched, 'graphql'];
}
/** The same JSON that a service would send. */
export function bareManifest({ id, service, version, metadata }) {
    const schemas = Object.entries(FETCHED)
        .filter(([type]) => locationIn(metadata, type) !== '')
        .map(([type, spec]) => ({
        type,
        spec_version: spec,
        location: { type: 'http', url: locationIn(metadata, type) },
        content_type: 'application/json',
    }));
    return {
        version: '1.1.0',
        service_name: service,
        service_version: version,
        instance_id: id,
        schemas,
        capabilities: capabilitiesIn(metadata['farp.capabilities'] ?? ''),
        endpoints: {
            health: metadata['farp.health.url'] || metadata['farp.health'] || '',
            openapi: locationIn(metadata, 'openapi'),
            asyncapi: locationIn(metadata, 'asyncapi'),
            graphql: locationIn(metadata, 'graphql'),
            grpc_reflection: metadata['farp.grpc.reflection'] === 'true',
        },
        routing: { strategy: 'service' },
    };
}
/** The URL if there is one, else the path. */
function locationIn(metadata, type) {
    const path = metadata[`farp.${type}.path`] ?? '';
    const absolute = path === '' || path.startsWith('/') ? path : `/${path}`;
    return metadata[`farp.${type}`] || absolute;
}
/** `[rest websocket]`, `a,b` and `["a","b"]` are all in use. */
export function capabilitiesIn(text) {
    return text.split(/[\s,[\]"']+/).filter((name) => name !== '');
}
//# sourceMappingURL=bare-manifest.js.map