/**
 * As much of a Eureka server as a client that only reads can notice, from the description of its REST operations:
 * `GET /apps` and `GET /apps/delta` as JSON, with the latest changes in order, the hash of all
 * statuses, and the odd spellings (`{"$": 80, "@enabled": "true"}`, a class name in empty metadata).
 *
 * Not covered: leases and their expiry, peers, the response cache (changes are seen at once), XML, compression.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EurekaInstance {
  readonly app: string;
  readonly instanceId: string;
  readonly hostName: string;
  readonly ipAddr: string;
  readonly status: string;
  readonly port: number;
  readonly secure: boolean;
  readonly metadata: unknown;
}

type Action = 'ADDED' | 'MODIFIED' | 'DELETED';

/** Three minutes in the real one, where clients ask every 30 seconds and not every 40 ms. */
const KEPT_FOR = 1_000;

export class EurekaServer {
  readonly #server: Server;
  readonly #instances = new Map<string, Record<string, unknown>>();
  #changes: { readonly at: number; readonly instance: Record<string, unknown> }[] = [];
  #port = 0;
  /** `user:password`, or `''`. */
  credentials = '';
  hasDelta = true;
  /** The hash that is told instead of the right one, once. */
  wrongHash = '';
  fullFetches = 0;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/eureka`;
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

  put(instance: EurekaInstance): void {
    const { app, instanceId, hostName, ipAddr, status, port, secure, metadata } = instance;
    this.putRaw(app, instanceId, {
      instanceId,
      hostName,
      app: app.toUpperCase(),
      ipAddr,
      status,
      overriddenStatus: 'UNKNOWN',
      port: { $: secure ? 80 : port, '@enabled': String(!secure) },
      securePort: { $: secure ? port : 443, '@enabled': String(secure) },
      countryId: 1,
      dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
      leaseInfo: { renewalIntervalInSecs: 30, durationInSecs: 90 },
      metadata,
    });
  }

  /** Whatever one wants to have in the registry. */
  putRaw(app: string, id: string, instance: Record<string, unknown>): void {
    const key = `${app.toUpperCase()} ${id}`;
    const action: Action = this.#instances.has(key) ? 'MODIFIED' : 'ADDED';
    this.#instances.set(key, instance);
    this.#changes.push({
      at: Date.now(),
      instance: { ...instance, app: app.toUpperCase(), actionType: action },
    });
  }

  remove(app: string, id: string): void {
    const key = `${app.toUpperCase()} ${id}`;
    const instance = this.#instances.get(key);
    if (instance === undefined) return;
    this.#instances.delete(key);
    this.#changes.push({
      at: Date.now(),
      instance: { ...instance, app: app.toUpperCase(), actionType: 'DELETED' },
    });
  }

  #answer({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const expected = `Basic ${Buffer.from(this.credentials).toString('base64')}`;
    if (this.credentials !== '' && headers.authorization !== expected)
      return void response.writeHead(401).end();
    if (url === '/eureka/apps') {
      this.fullFetches++;
      this.#send(
        response,
        [...this.#instances].map(([key, value]) => ({ ...value, app: key.split(' ')[0] })),
      );
      return;
    }
    if (url !== '/eureka/apps/delta') return void response.writeHead(404).end();
    if (!this.hasDelta) return void response.writeHead(403).end();
    this.#changes = this.#changes.filter(({ at }) => at > Date.now() - KEPT_FOR);
    this.#send(
      response,
      this.#changes.map(({ instance }) => instance),
    );
  }

  #send(response: ServerResponse, instances: readonly Record<string, unknown>[]): void {
    const applications = new Map<string, Record<string, unknown>[]>();
    for (const instance of instances) {
      const name = String(instance['app']);
      const list = applications.get(name) ?? [];
      list.push(instance);
      applications.set(name, list);
    }
    const application = [...applications].map(([name, instance]) => ({ name, instance }));
    const hash = this.wrongHash || this.#hash();
    this.wrongHash = '';
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ applications: { versions__delta: '1', apps__hashcode: hash, application } }),
    );
  }

  #hash(): string {
    const counts: Record<string, number> = {};
    for (const { status } of this.#instances.values()) {
      const name = typeof status === 'string' ? status : '';
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return Object.keys(counts)
      .toSorted()
      .map((status) => `${status}_${counts[status]}_`)
      .join('');
  }
}
