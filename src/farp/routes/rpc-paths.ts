/** GraphQL, gRPC and oRPC: few paths that carry many operations. */
import { isObject, stringOf } from '../../shared/json.ts';
import { pathTemplate } from './path-template.ts';
import type { Complain, ServicePath } from './service-path.ts';

const SERVICE_NAME = /^[A-Za-z_][\w.]*$/;

/** @param endpoint path or URL from the manifest, or `''` for the usual one */
export function graphqlPaths(endpoint: string, complain: Complain): ServicePath[] {
  // GET carries queries, and the upgrade to subscriptions.
  return single(pathOf(endpoint) || '/graphql', ['GET', 'POST'], 'graphql', complain);
}

export function orpcPaths(document: unknown, complain: Complain): ServicePath[] {
  const transport = isObject(document) && isObject(document['transport']) ? document['transport'] : {};
  return single(pathOf(stringOf(transport['endpoint'])) || '/rpc', ['POST'], 'orpc', complain);
}

/** @param listed `metadata.grpc.services` of the manifest */
export function grpcPaths(document: unknown, listed: unknown, complain: Complain): ServicePath[] {
  const methods = new Map<string, Set<string>>();
  for (const { name, methodNames } of servicesOf(document)) {
    const known = methods.get(name) ?? new Set();
    for (const method of methodNames) known.add(method);
    methods.set(name, known);
  }
  for (const name of Array.isArray(listed) ? listed : []) {
    if (typeof name === 'string' && !methods.has(name)) methods.set(name, new Set());
  }
  const found: ServicePath[] = [];
  for (const [name, names] of methods) {
    if (!SERVICE_NAME.test(name)) {
      complain(name, 'this is no name of a gRPC service');
      continue;
    }
    // A service of which only the name is known has all its methods behind one route.
    for (const method of names.size === 0 ? ['*'] : names) {
      if (method !== '*' && !/^\w+$/.test(method))
        complain(`${name}/${method}`, 'this is no name of a gRPC method');
      else
        found.push({
          path: `/${name}/${method}`,
          methods: ['POST'],
          type: 'grpc',
          timeout: 0,
          unmounted: true,
          key: '',
          spelled: '',
        });
    }
  }
  return found;
}

interface GrpcService {
  /** With its package. */
  readonly name: string;
  readonly methodNames: readonly string[];
}

/** A FileDescriptorSet as JSON (`{file: […]}`), or `{package, services: {…}}`, which older mergers write. */
function servicesOf(document: unknown): GrpcService[] {
  if (!isObject(document)) return [];
  const files = Array.isArray(document['file']) ? document['file'].filter(isObject) : [];
  const found = files.flatMap((file) =>
    (Array.isArray(file['service']) ? file['service'].filter(isObject) : []).map((service) => ({
      name: qualified(stringOf(file['package']), stringOf(service['name'])),
      methodNames: namesIn(service['method']),
    })),
  );
  if (isObject(document['services'])) {
    for (const [name, service] of Object.entries(document['services'])) {
      found.push({
        name: name.includes('.') ? name : qualified(stringOf(document['package']), name),
        methodNames: isObject(service) ? namesIn(service['methods']) : [],
      });
    }
  }
  return found.filter(({ name }) => name !== '');
}

function qualified(prefix: string, name: string): string {
  return prefix === '' || name === '' ? name : `${prefix}.${name}`;
}

/** `[{name}]`, `["name"]` or `{name: …}`. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value
      .map((item: unknown) => (isObject(item) ? stringOf(item['name']) : stringOf(item)))
      .filter((name) => name !== '');
  }
  return isObject(value) ? Object.keys(value) : [];
}

function single(path: string, methods: string[], type: string, complain: Complain): ServicePath[] {
  const template = pathTemplate(path);
  if ('problem' in template) {
    complain(path, template.problem);
    return [];
  }
  return [{ path: template.path, methods, type, timeout: 0, unmounted: false, key: '', spelled: '' }];
}

/** Of a path or URL. */
function pathOf(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) return text;
  return URL.canParse(text) ? new URL(text).pathname : '';
}
