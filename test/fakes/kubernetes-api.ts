/**
 * As much of the Kubernetes API as list and watch of Services and EndpointSlices need, from the API concepts of its
 * documentation: lists in pages with `limit` and `continue`, one resource version for everything, watches from a version
 * on as lines of JSON, bookmarks, 410 for versions that were compacted (as a status and as an event), the end of a watch
 * after its time, label selectors with `=`, `!=`, existence, bearer tokens, 403 with a Status object.
 *
 * Not covered: TLS, other verbs and kinds, field selectors, `resourceVersionMatch`, consistent continuation of pages
 * (a page shows the objects of now), streaming lists.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;
type Kind = 'services' | 'endpointslices';

interface Change {
  readonly version: number;
  readonly kind: Kind;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Json;
}

interface Watcher {
  readonly kind: Kind;
  readonly namespace: string;
  readonly selector: string;
  readonly response: ServerResponse;
}

export class KubernetesApi {
  readonly #server: Server;
  readonly #objects = new Map<string, { kind: Kind; object: Json }>();
  readonly #watchers = new Set<Watcher>();
  #changes: Change[] = [];
  #version = 1;
  #compacted = 0;
  #port = 0;
  token = '';
  forbidden = false;
  lists = 0;
  watches = 0;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  put(kind: Kind, object: Json): void {
    const key = keyOf(kind, object);
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = this.#stamped(object);
    this.#objects.set(key, { kind, object: stored });
    this.#record({ version: this.#version, kind, type, object: stored });
  }

  remove(kind: Kind, object: Json): void {
    const key = keyOf(kind, object);
    const known = this.#objects.get(key);
    if (known === undefined) return;
    this.#objects.delete(key);
    this.#record({ version: this.#version + 1, kind, type: 'DELETED', object: this.#stamped(known.object) });
  }

  /** What happened so far can no longer be watched from. */
  compact(): void {
    this.#compacted = this.#version;
    this.#changes = [];
  }

  bookmark(): void {
    for (const { kind, response } of this.#watchers) {
      const object = { kind, metadata: { resourceVersion: String(this.#version) } };
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    }
  }

  /** As servers do when the time of a watch is over. */
  endWatches(): void {
    this.#end('');
  }

  /** The watch learns in the middle that its version is gone. */
  expireWatches(): void {
    const object = { kind: 'Status', code: 410, message: 'too old resource version' };
    this.#end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  }

  #end(last: string): void {
    for (const { response } of this.#watchers) response.end(last);
    this.#watchers.clear();
  }

  #stamped(object: Json): Json {
    this.#version++;
    const metadata = { ...(object['metadata'] as Json), resourceVersion: String(this.#version) };
    return { ...object, metadata };
  }

  #record(change: Change): void {
    this.#changes.push(change);
    for (const watcher of this.#watchers) this.#send(watcher, change);
  }

  #send({ kind, namespace, selector, response }: Watcher, { kind: changed, type, object }: Change): void {
    if (kind !== changed || !isIn(object, namespace)) return;
    if (!isSelected(object, selector)) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): unknown {
    const { pathname, searchParams } = new URL(url, 'http://api');
    if (this.token !== '' && headers.authorization !== `Bearer ${this.token}`)
      return refuse(response, 401, 'Unauthorized');
    if (this.forbidden) return refuse(response, 403, 'services is forbidden');
    const match =
      /^\/api(?:\/v1|s\/discovery\.k8s\.io\/v1)(?:\/namespaces\/([^/]+))?\/(services|endpointslices)$/.exec(
        pathname,
      );
    if (match === null) return refuse(response, 404, 'the server could not find the requested resource');
    const [, namespace = '', kind] = match as unknown as [string, string | undefined, Kind];
    const selector = searchParams.get('labelSelector') ?? '';
    if (searchParams.get('watch') !== 'true')
      return this.#list(kind, namespace, selector, searchParams, response);
    return this.#watch({ kind, namespace, selector, response }, Number(searchParams.get('resourceVersion')));
  }

  #list(
    kind: Kind,
    namespace: string,
    selector: string,
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    this.lists++;
    const all = [...this.#objects.values()]
      .filter(
        (stored) =>
          stored.kind === kind && isIn(stored.object, namespace) && isSelected(stored.object, selector),
      )
      .map(({ object }) => object);
    const from = Number(query.get('continue') ?? 0);
    const limit = Number(query.get('limit') ?? all.length) || all.length;
    const next = from + limit < all.length ? String(from + limit) : '';
    const metadata = { resourceVersion: String(this.#version), continue: next };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'List', metadata, items: all.slice(from, from + limit) }));
  }

  #watch(watcher: Watcher, from: number): unknown {
    this.watches++;
    const { response } = watcher;
    if (from < this.#compacted) return refuse(response, 410, 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    for (const change of this.#changes) if (change.version > from) this.#send(watcher, change);
    this.#watchers.add(watcher);
    return response.on('close', () => this.#watchers.delete(watcher));
  }
}

function refuse(response: ServerResponse, code: number, message: string): unknown {
  response.writeHead(code, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ kind: 'Status', code, message }));
}

function keyOf(kind: Kind, object: Json): string {
  const { namespace, name } = object['metadata'] as Json;
  return `${kind} ${namespace} ${name}`;
}

function isIn(object: Json, namespace: string): boolean {
  return namespace === '' || (object['metadata'] as Json)['namespace'] === namespace;
}

function isSelected(object: Json, selector: string): boolean {
  const labels = ((object['metadata'] as Json)['labels'] ?? {}) as Record<string, string>;
  return selector
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      const [, name = '', operator, value] = /^([^!=]+)(?:(!?=)(.*))?$/.exec(term) ?? [];
      if (operator === undefined) return labels[name] !== undefined;
      return operator === '=' ? labels[name] === value : labels[name] !== value;
    });
}
