/** A service that speaks FARP, as small as one can be and as wrong as a test wants it. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HttpOrigin, startHttpOrigin } from './origin.ts';

export interface FarpServiceOptions {
  readonly name: string;
  readonly id?: string;
  /** Paths that answer, and that the schema describes. */
  readonly paths?: readonly string[];
  readonly version?: string;
  /** Members of the manifest that are other than usual. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Answers before anything else; true: it has. */
  readonly first?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export class FarpService {
  readonly name: string;
  readonly id: string;
  paths: readonly string[];
  version: string;
  manifestMembers: Readonly<Record<string, unknown>>;
  first: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Requests by path. */
  readonly served = new Map<string, number>();
  #origin: HttpOrigin | null = null;
  #updatedAt = 1_767_225_600;

  constructor(options: FarpServiceOptions) {
    this.name = options.name;
    this.id = options.id ?? `${options.name}-1`;
    this.paths = options.paths ?? ['/items', '/items/{id}'];
    this.version = options.version ?? '1.0.0';
    this.manifestMembers = options.manifest ?? {};
    this.first = options.first ?? (() => false);
  }

  static start(options: FarpServiceOptions): Promise<FarpService> {
    return new FarpService(options).start();
  }

  async start(port = 0): Promise<this> {
    this.#origin = await startHttpOrigin((request, response) => this.#answer(request, response), port);
    return this;
  }

  get port(): number {
    return this.#origin!.port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** For `discovery.static.services`. */
  get listed(): Record<string, unknown> {
    return listed([this]);
  }

  /** The schema is another from now on. */
  change(paths: readonly string[]): void {
    this.paths = paths;
    this.#updatedAt++;
  }

  get schema(): string {
    const operation = { get: { responses: { 200: { description: 'fine' } } } };
    return JSON.stringify({
      openapi: '3.1.0',
      info: { title: this.name, version: this.version },
      paths: Object.fromEntries(this.paths.map((path) => [path, operation])),
    });
  }

  get manifest(): Record<string, unknown> {
    const hash = createHash('sha256').update(this.schema).digest('hex');
    return {
      version: '1.1.0',
      service_name: this.name,
      service_version: this.version,
      instance_id: this.id,
      schemas: [
        {
          type: 'openapi',
          spec_version: '3.1.0',
          location: { type: 'http', url: `http://${this.address}/openapi.json` },
          content_type: 'application/json',
          hash,
          size: 0,
        },
      ],
      capabilities: ['openapi'],
      endpoints: { health: '/health', openapi: '/openapi.json' },
      routing: { strategy: 'service' },
      auth: { schemes: null },
      updated_at: this.#updatedAt,
      checksum: createHash('sha256').update(hash).digest('hex'),
      ...this.manifestMembers,
    };
  }

  async close(): Promise<void> {
    const origin = this.#origin;
    this.#origin = null;
    await origin?.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '/', 'http://service').pathname;
    this.served.set(path, (this.served.get(path) ?? 0) + 1);
    request.resume();
    if (this.first(request, response)) return;
    if (path === '/_farp/manifest') sendJson(response, JSON.stringify(this.manifest));
    else if (path === '/openapi.json') sendJson(response, this.schema);
    else response.end(`${this.id} ${path}`);
  }
}

/** Several instances of one service, for `discovery.static.services`. */
export function listed(
  instances: readonly FarpService[],
  metadata: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  return {
    name: instances[0]!.name,
    metadata: { 'farp.enabled': 'true', ...metadata },
    instances: instances.map(({ address, id }) => ({ address, id })),
  };
}

function sendJson(response: ServerResponse, body: string): void {
  response.setHeader('content-type', 'application/json');
  response.end(body);
}
