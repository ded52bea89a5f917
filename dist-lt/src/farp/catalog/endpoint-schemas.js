const ASSUMED_VERSION = { openapi: '3.1.0', asyncapi: '3.0.0', graphql: '2021' };
/** `''` when the manifest names no such place. */
export function fallbackOf(type, { endpoints }) {
    return type === 'openapi' || type === 'asyncapi' ? endpoints[type] : '';
}
/** The listed schemas, and those that only have a place. */
export function withEndpoints(manifest) {
    const { schemas, endpoints } = manifest;
    const missing = ['openapi', 'asyncapi', 'graphql'].filter((type) => endpoints[type] !== '' && !schemas.some((schema) => schema.type === type));
    return [...schemas, ...missing.map((type) => assumed(type, endpoints[type]))];
}
function assumed(type, place) {
    return {
        type,
        specVersion: ASSUMED_VERSION[type],
        // The place of GraphQL is where queries go. What can be asked there, it does not tell to a simple GET.
        location: type === 'graphql' ? { kind: 'inline', document: {} } : { kind: 'http', url: place, headers: {} },
        contentType: 'application/json',
        hash: '',
        metadata: {},
    };
}
//# sourceMappingURL=endpoint-schemas.js.map