/** One service's document in the form that the merge works with: 3.1, only what is exposed, nothing above operations. */
import { upgrade } from '@scalar/openapi-upgrader';
import { isObject, type JsonObject, listOf, objectOf, resolveRef, stringOf } from '../../shared/json.ts';
import type { Named } from '../components.ts';
import type { DocumentedSchema, DocumentedService } from '../model.ts';
import { type Composition, compositionOf } from './composition.ts';

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

export interface Operation {
  readonly method: (typeof METHODS)[number];
  /** On the gateway. */
  readonly path: string;
  readonly host: string;
  readonly body: JsonObject;
}

export interface PreparedDocument extends Named {
  readonly composition: Composition;
  readonly operations: readonly Operation[];
  /** Path in the document to path on the gateway. */
  readonly paths: Readonly<Record<string, string>>;
}

/** @throws Error when the document is none that can be brought to OpenAPI 3.1 */
export function prepare(service: DocumentedService, schema: DocumentedSchema): PreparedDocument {
  const document = toLatest(schema.document);
  const composition = compositionOf(schema.metadata);
  const security = Array.isArray(document['security'])
    ? document['security']
    : composition.defaultSecurity.length > 0
      ? [...composition.defaultSecurity]
      : null;
  const operations: Operation[] = [];
  for (const [path, unresolved] of Object.entries(objectOf(document['paths']))) {
    const gatewayPath = schema.paths[path];
    const item = resolveRef(document, unresolved);
    if (gatewayPath === undefined || !isObject(item)) continue;
    for (const method of METHODS) {
      const operation = resolveRef(document, item[method]);
      if (!isObject(operation)) continue;
      const body = wholeOperation(document, item, operation, gatewayPath, security);
      operations.push({ method, path: gatewayPath, host: schema.host, body });
    }
  }
  const { componentPrefix } = composition;
  return { service: service.name, document, componentPrefix, composition, operations, paths: schema.paths };
}

function toLatest(document: unknown): JsonObject {
  if (!isObject(document)) throw new Error('it is no object');
  const version = stringOf(document['openapi']) || stringOf(document['swagger']);
  if (!/^(?:2\.0|3\.[01])/.test(version))
    throw new Error(`its version is ${JSON.stringify(version)}, not 2.0, 3.0 or 3.1`);
  // The upgrade works in place on parts of its input.
  const upgraded: unknown = upgrade(structuredClone(document) as never, '3.1');
  if (!isObject(upgraded)) throw new Error('it cannot be brought to OpenAPI 3.1');
  return upgraded;
}

/** With all that the path item and the document say of it; servers go, because the gateway is the server. */
function wholeOperation(
  document: JsonObject,
  item: JsonObject,
  operation: JsonObject,
  path: string,
  security: readonly unknown[] | null,
): JsonObject {
  const { servers: _, ...body } = operation;
  const parameters = allParameters(document, item, operation, path);
  if (parameters.length > 0) body['parameters'] = parameters;
  if (security !== null && !Array.isArray(operation['security']))
    body['security'] = structuredClone(security);
  for (const key of ['summary', 'description']) {
    if (typeof item[key] === 'string' && body[key] === undefined) body[key] = item[key];
  }
  return structuredClone(body);
}

/** Those of the operation replace those of the path item; parameters of the path that nobody declares are text. */
function allParameters(
  document: JsonObject,
  item: JsonObject,
  operation: JsonObject,
  path: string,
): unknown[] {
  const byKey = new Map<string, unknown>();
  for (const parameter of [...listOf(item['parameters']), ...listOf(operation['parameters'])]) {
    const resolved = resolveRef(document, parameter);
    if (!isObject(resolved)) continue;
    // Those of the path may have to take another name, together with it.
    const key = `${stringOf(resolved['in'])} ${stringOf(resolved['name'])}`;
    byKey.set(key, resolved['in'] === 'path' ? resolved : parameter);
  }
  const names = parameterNames(path);
  for (const name of names) {
    const key = `path ${name}`;
    if (!byKey.has(key)) byKey.set(key, { name, in: 'path', required: true, schema: { type: 'string' } });
  }
  // One that the path does not have would make the document invalid.
  return [...byKey]
    .filter(([key]) => !key.startsWith('path ') || names.includes(key.slice(5)))
    .map(([, value]) => value);
}

export function parameterNames(path: string): string[] {
  return [...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '');
}
