import { isObject, listOf, objectOf, stringOf } from '../../shared/json.js';
export function compositionOf(metadata) {
    const own = objectOf(metadata['openapi']);
    const composition = objectOf(own['composition']);
    return {
        included: composition['include_in_merged'] !== false,
        componentPrefix: stringOf(composition['component_prefix']),
        tagPrefix: stringOf(composition['tag_prefix']),
        operationIdPrefix: stringOf(composition['operation_id_prefix']),
        defaultSecurity: listOf(own['default_security']).filter(isObject),
    };
}
//# sourceMappingURL=composition.js.map