/**
 * As much of a Consul agent as a client that only reads can notice, written from the description of the HTTP API:
 * `GET /v1/catalog/services`, `GET /v1/health/service/:name` (`tag`, `passing`, services in the answer as registered, with
 * node and checks) and `GET /v1/kv/:key?raw`; questions that are held (`index`, `wait`, the sixteenth of jitter,
 * `X-Consul-Index` of one service apart from that of others), an index that goes back, `X-Consul-KnownLeader`, tokens, the
 * limit of connections per client with its 429.
 *
 * Not covered: consistency modes and more than one datacenter (both parameters are only recorded), the wakes without
 * change that a real agent has now and then, filters, namespaces, writes over HTTP, ACL rules finer than "this token may
 * read everything".
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ConsulInstance {
  readonly id: string;
  readonly service: string;
  readonly node?: string;
  readonly address?: string;
  readonly port?: unknown;
  readonly tags?: unknown;
  readonly meta?: unknown;
  readonly weight?: number;
  readonly zone?: string;
  /** Status by id of the check. */
  readonly checks?: Readonly<Record<string, string>>;
}

const NODE_ADDRESS = '10.9.9.9';

export class ConsulAgent {
  token = '';
  knowsLeader = true;
  /** Questions at once; more get 429. */
  limit = Number.POSITIVE_INFINITY;
  /** Every question as path with query. */
  readonly questions: string[] = [];
  readonly keys = new Map<string, string>();
  held = 0;
  #index = 100;
  #catalogIndex = 100;
  readonly #services = new Map<string, Map<string, ConsulInstance>>();
  /** Index of the last change of each service that ever was. */
  readonly #indexes = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  register(...instances: readonly ConsulInstance[]): void {
    for (const instance of instances) {
      const all = this.#services.get(instance.service) ?? new Map<string, ConsulInstance>();
      this.#services.set(instance.service, all.set(keyOf(instance), instance));
      this.#touch(instance.service);
    }
    this.#wake();
  }

  deregister(instance: Pick<ConsulInstance, 'service' | 'id' | 'node'>): void {
    const all = this.#services.get(instance.service);
    all?.delete(keyOf(instance));
    if (all?.size === 0) this.#services.delete(instance.service);
    this.#touch(instance.service);
    this.#wake();
  }

  /** As after a restore from a snapshot: the same state, or another, under indexes of long ago. */
  goBackTo(index: number): void {
    this.#index = index;
    this.#catalogIndex = index;
    for (const service of this.#indexes.keys()) this.#indexes.set(service, index);
    this.#wake();
  }

  /** The current index of a service. */
  indexOf(service: string): number {
    return this.#indexes.get(service) ?? this.#catalogIndex;
  }

  #touch(service: string): void {
    this.#catalogIndex = ++this.#index;
    this.#indexes.set(service, this.#index);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://agent');
    this.questions.push(`${url.pathname}${url.search}`);
    if (this.token !== '' && request.headers['x-consul-token'] !== this.token) {
      return void response.writeHead(403).end('Permission denied: anonymous token lacks permission');
    }
    if (this.held >= this.limit) {
      return void response.writeHead(429).end('Your IP is issuing too many concurrent connections');
    }
    this.held++;
    try {
      await this.#serve(url, response);
    } finally {
      this.held--;
    }
  }

  async #serve(url: URL, response: ServerResponse): Promise<void> {
    if (url.pathname.startsWith('/v1/kv/')) {
      const value = this.keys.get(decodeURIComponent(url.pathname.slice('/v1/kv/'.length)));
      return void (value === undefined ? response.writeHead(404).end() : response.end(value));
    }
    const service = /^\/v1\/health\/service\/([^/]+)$/.exec(url.pathname)?.[1];
    if (service !== undefined) {
      const name = decodeURIComponent(service);
      const indexNow = (): number => this.indexOf(name);
      await this.#hold(url, response, indexNow);
      return this.#json(response, indexNow(), this.#health(name, url.searchParams));
    }
    if (url.pathname === '/v1/catalog/services') {
      await this.#hold(url, response, () => this.#catalogIndex);
      return this.#json(response, this.#catalogIndex, this.#catalog());
    }
    response.writeHead(404).end();
  }

  /** Until the index is above the one asked with, or time is up. */
  #hold(url: URL, response: ServerResponse, indexNow: () => number): Promise<void> {
    const index = Number(url.searchParams.get('index') ?? 0);
    if (index === 0) return Promise.resolve();
    const wait = Number.parseInt(url.searchParams.get('wait') ?? '300000', 10);
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      // An index that went back does not end the wait: that is why clients have to reset theirs.
      const look = (): void => {
        if (indexNow() > index) end();
      };
      const timer = setTimeout(end, wait + Math.random() * (wait / 16));
      this.#waiting.add(look);
      response.once('close', end);
      look();
    });
  }

  #json(response: ServerResponse, index: number, body: unknown): void {
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-consul-index', String(index));
    response.setHeader('x-consul-knownleader', String(this.knowsLeader));
    response.end(JSON.stringify(body));
  }

  #catalog(): Record<string, unknown[]> {
    const catalog: Record<string, unknown[]> = { consul: [] };
    for (const [name, instances] of this.#services) {
      const tags = [...instances.values()].flatMap((one) => (Array.isArray(one.tags) ? one.tags : []));
      catalog[name] = [...new Set(tags)];
    }
    return catalog;
  }

  #health(name: string, parameters: URLSearchParams): unknown[] {
    const tags = parameters.getAll('tag');
    return [...(this.#services.get(name)?.values() ?? [])]
      .filter((one) => tags.every((tag) => Array.isArray(one.tags) && one.tags.includes(tag)))
      .filter((one) => !parameters.has('passing') || statusesOf(one).every((status) => status === 'passing'))
      .map(entryOf);
  }
}

function keyOf({ node = 'node-1', id }: Pick<ConsulInstance, 'node' | 'id'>): string {
  return `${node}/${id}`;
}

function statusesOf({ checks = {} }: ConsulInstance): string[] {
  return Object.values(checks);
}

function entryOf(instance: ConsulInstance): unknown {
  const { id, service, node = 'node-1', address = '', weight = 1, checks = {} } = instance;
  return {
    Node: { ID: '', Node: node, Address: NODE_ADDRESS, Datacenter: 'dc1', Meta: {} },
    Service: {
      ID: id,
      Service: service,
      Tags: instance.tags ?? [],
      Address: address,
      Meta: instance.meta ?? {},
      Port: instance.port ?? 0,
      Weights: { Passing: weight, Warning: 1 },
      ...(instance.zone === undefined ? {} : { Locality: { Region: 'r', Zone: instance.zone } }),
    },
    Checks: Object.entries({ serfHealth: 'passing', ...checks }).map(([check, status]) => ({
      Node: node,
      CheckID: check,
      Name: check,
      Status: status,
      ServiceID: check === 'serfHealth' ? '' : id,
      ServiceName: check === 'serfHealth' ? '' : service,
    })),
  };
}
