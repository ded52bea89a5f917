/** The admin API: a small HTTP server in the primary thread, away from the traffic that is proxied. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LogFields } from '../shared/messages.ts';
import { type AuthResult, BasicAuth, type BasicAuthSettings } from './basic-auth.ts';
import { isCrossSite } from './cross-site.ts';
import type { Resource } from './resource.ts';
import { resources } from './resources.ts';
import { sendProblem, sendRedirect } from './respond.ts';
import { answerServices, isServicesPath, type ServicesApi } from './services-api.ts';
import type { AdminState } from './state.ts';

export interface AdminServerOptions {
  readonly address: { readonly host: string; readonly port: number };
  /** Null: everything is open. */
  readonly auth: BasicAuthSettings | null;
  /** '' when metrics are off. */
  readonly metricsPath: string;
  readonly metricsPublic: boolean;
  readonly state: AdminState;
  /** What services say to the gateway. Default: nothing. */
  readonly services?: ServicesApi;
  /** Told of defects: something in `state` threw. */
  onError(message: string, fields: LogFields): void;
}

/** What a reload may change while the server runs. */
export type AdminSettings = Pick<AdminServerOptions, 'auth' | 'metricsPath' | 'metricsPublic'>;

/** Small requests from a few clients: whoever is slower or sends more means no good. */
const SERVER_LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
};
const MAX_CONNECTIONS = 512;
/** A client that does not read its answer. */
const IDLE_TIMEOUT = 60_000;
const CLOSE_GRACE = 1_000;
/** The requests that have a body do not need it. */
const MAX_BODY_BYTES = 64 * 1024;

export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #server: Server;
  #auth: BasicAuth | null = null;
  #authSettings: BasicAuthSettings | null = null;
  #resources = new Map<string, Resource>();

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.update(options);
    this.#server = createServer(SERVER_LIMITS, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => this.#failed(request, response, error));
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.setTimeout(IDLE_TIMEOUT);
  }

  /** @returns the port, the real one where 0 was asked for. Rejects with the error of `listen`. */
  async listen(): Promise<number> {
    const { host, port } = this.#options.address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#options.onError('admin server', { error: error.message }));
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Applies to the next request; the address stays. */
  update({ auth, metricsPath, metricsPublic }: AdminSettings): void {
    this.#resources = new Map(
      resources(metricsPath, metricsPublic).map((resource) => [resource.path, resource]),
    );
    const before = this.#authSettings;
    if (auth?.username === before?.username && auth?.passwordHash === before?.passwordHash) return;
    void this.#auth?.close();
    this.#authSettings = auth;
    this.#auth = auth === null ? null : new BasicAuth(auth);
  }

  /** Answers what is being answered, for a second at most. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), CLOSE_GRACE);
    await closed;
    clearTimeout(timer);
    await this.#auth?.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const path = url.split('?', 1)[0] as string;
    const { services } = this.#options;
    if (services !== undefined && isServicesPath(path)) {
      // Services show a token of their own; an administrator's password opens everything.
      const isAdmin = this.#auth !== null && /^basic /i.test(request.headers.authorization ?? '');
      if (isAdmin && !(await this.#isAllowed(request, response))) return;
      await answerServices(request, response, services, isAdmin);
      return;
    }
    const resource = this.#find(path);
    const unslashed =
      resource === undefined && /[^/]\/$/.test(path) ? this.#find(path.slice(0, -1)) : undefined;
    // Who may not see the API does not learn which paths it has either.
    const isPublic = (resource ?? unslashed)?.isPublic === true;
    if (!isPublic && !(await this.#isAllowed(request, response))) return;
    if (unslashed !== undefined) {
      sendRedirect(request, response, withoutSlash(url, path));
      return;
    }
    if (resource === undefined) {
      const detail = 'The list of what there is stands at "/".';
      sendProblem(request, response, { status: 404, title: 'Not found', detail });
      return;
    }
    if (method !== resource.method && !(method === 'HEAD' && resource.method === 'GET')) {
      const allowed = resource.method === 'GET' ? 'GET, HEAD' : resource.method;
      const detail = `Use ${allowed}.`;
      sendProblem(request, response, {
        status: 405,
        title: 'Method not allowed',
        detail,
        headers: { Allow: allowed },
      });
      return;
    }
    if (resource.method === 'POST' && !this.#isAcceptable(request, response)) return;
    await resource.answer(request, response, this.#options.state);
  }

  #find(path: string): Resource | undefined {
    return this.#resources.get(path) ?? this.#resources.get(path.replace(/[^/]+$/, '{name}'));
  }

  /** Answers itself when not. */
  async #isAllowed(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const result = await this.#verify(request.headers.authorization);
    if (result === 'busy') {
      const detail = 'Too many passwords are being checked.';
      sendProblem(request, response, { status: 503, title: 'Busy', detail, headers: { 'Retry-After': 2 } });
    } else if (result === 'denied') {
      const detail = 'Send the user name and password of admin.auth.';
      const headers = { 'WWW-Authenticate': 'Basic realm="octopus", charset="UTF-8"' };
      sendProblem(request, response, { status: 401, title: 'Unauthorized', detail, headers });
    }
    return result === 'ok';
  }

  /** The settings in force at the end decide: a reload may change the password while it is compared. */
  async #verify(authorization: string | undefined): Promise<AuthResult> {
    for (;;) {
      const auth = this.#auth;
      const result = auth === null ? 'ok' : await auth.verify(authorization);
      if (auth === this.#auth) return result;
    }
  }

  /** Answers itself when not. */
  #isAcceptable(request: IncomingMessage, response: ServerResponse): boolean {
    if (isCrossSite(request.headers)) {
      const detail = 'The request comes from a page of another site.';
      sendProblem(request, response, { status: 403, title: 'Forbidden', detail });
      return false;
    }
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      const headers = { Connection: 'close' };
      sendProblem(request, response, {
        status: 413,
        title: 'Too large',
        detail: 'No body is needed.',
        headers,
      });
      return false;
    }
    return true;
  }

  #failed(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    this.#options.onError('admin request failed', {
      path: request.url ?? '',
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    if (response.headersSent) response.destroy();
    else
      sendProblem(request, response, { status: 500, title: 'Internal error', detail: 'The log tells more.' });
  }
}

/** Relative, so that it works behind a proxy that has put a path in front. */
function withoutSlash(url: string, path: string): string {
  const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1, -1);
  return `../${name}${url.slice(path.length)}`;
}
