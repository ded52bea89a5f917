import type { JsonObject } from '../../shared/json.ts';
import { isObject, listOf, objectOf, stringOf } from '../../shared/json.ts';

/** What a service asks of the merge: `metadata.openapi.composition` of its manifest. */
export interface Composition {
  readonly included: boolean;
  /** `''`: only names that collide get one, the name of the service. */
  readonly componentPrefix: string;
  readonly tagPrefix: string;
  readonly operationIdPrefix: string;
  /** For operations that state none. */
  readonly defaultSecurity: readonly JsonObject[];
}

export function compositionOf(metadata: Readonly<Record<string, unknown>>): Composition {
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
