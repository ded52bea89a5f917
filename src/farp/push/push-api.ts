/**
 * `/_farp/v1/*`: what services say to the gateway (protocol digest 5). No sockets in here: requests come from the workers
 * and from the admin server alike.
 */
import { Fields, isObject, Warnings } from '../manifest/fields.ts';
import { JsonTextError, parseJsonText } from '../manifest/json-text.ts';
import { PROTOCOL_VERSION } from '../manifest/version.ts';
import type { Manifest } from '../model.ts';
import { plainIp } from './address.ts';
import type { Entry } from './entry.ts';
import type { RegistryLog } from './log.ts';
import { ADMIN, authenticate, mayServe, type Principal } from './principal.ts';
import { MAX_PUSH_BODY, PUSH_PREFIX, type PushRequest, type PushResponse } from './push-message.ts';
import { parseRegistration, RegistrationFault, statusOf } from './registration.ts';
import { type PushRegistry, RegistryRefusal } from './registry.ts';
import { TokenBuckets } from './token-buckets.ts';

/** What of a service's manifest is in force. */
export interface Applied {
  readonly routesChecksum: string;
  readonly schemas: number;
}

export interface PushApiOptions {
  readonly registry: PushRegistry;
  readonly log: RegistryLog;
  /** Null: nothing is in force for the instance (yet). Default: the manifest that it sent. */
  readonly applied?: (service: string, instanceId: string) => Applied | null;
  readonly onRefused?: (reason: string) => void;
  /** Default `performance.now`. */
  readonly now?: () => number;
}

const MAX_CLIENTS = 10_000;
/** Milliseconds. */
const SAVE_PATIENCE = 1_000;
/** Log lines about refusals, of one address; the access log has all of them. */
const TOLD_PER_MINUTE = 20;
/** Wrong tokens of one address, a minute. */
const FAILURES_PER_MINUTE = 60;

export class PushApi {
  readonly #options: PushApiOptions;
  readonly #registrations = new TokenBuckets(MAX_CLIENTS);
  readonly #failures = new TokenBuckets(MAX_CLIENTS);
  readonly #told = new TokenBuckets(MAX_CLIENTS);
  readonly #now: () => number;

  constructor(options: PushApiOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Never rejects. */
  async handle(request: PushRequest): Promise<PushResponse> {
    try {
      const response = this.#route(request);
      // Many services register once and never again: what they are told has to be true after a crash as well.
      if (request.method === 'POST' || request.method === 'DELETE') await this.#saved();
      return response;
    } catch (error) {
      return this.#failure(request, error);
    }
  }

  #route(request: PushRequest): PushResponse {
    const { method, path } = request;
    const [action = '', rest = '', ...more] = path.slice(PUSH_PREFIX.length + 1).split('/');
    const operation =
      path.startsWith(`${PUSH_PREFIX}/`) && more.length === 0 ? operationOf(action, rest) : null;
    if (operation === null) return answer(404, { error: 'no such path' });
    if (method !== operation.method && !(method === 'HEAD' && operation.method === 'GET'))
      return answer(405, { error: `use ${operation.method}` }, { Allow: operation.method });
    const principal = this.#admit(request);
    switch (action) {
      case 'register':
        return this.#register(request, principal);
      case 'heartbeat':
        return this.#heartbeat(request, principal, decode(rest));
      case 'deregister':
        return this.#deregister(request, principal, decode(rest));
      default:
        return this.#services(rest === '' ? null : decode(rest));
    }
  }

  /** A disk that is slow, or thousands of others that register now, are no reason to let a service wait for long. */
  async #saved(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SAVE_PATIENCE);
    });
    await Promise.race([this.#options.registry.saved(), limit]);
    clearTimeout(timer);
  }

  /** @throws Refusal */
  #admit(request: PushRequest): Principal {
    const { registry } = this.#options;
    const { headers, peer, admin } = request;
    // A page in somebody's browser must not register services with a gateway that only he can reach.
    if (headers['origin'] !== undefined || /^(cross|same)-site$/.test(headers['sec-fetch-site'] ?? ''))
      throw new Refusal(403, 'requests of web pages are not accepted');
    if (admin) return ADMIN;
    const { settings } = registry;
    if (settings.closed !== null) throw new Refusal(403, settings.closed);
    const principal = authenticate(settings, headers['authorization'] ?? '', peer);
    if (principal !== null) return principal;
    const wait = this.#failures.take(plainIp(peer), FAILURES_PER_MINUTE, this.#now());
    if (wait > 0) throw new Refusal(429, 'too many wrong tokens', { 'Retry-After': String(wait) });
    throw new Refusal(401, 'a bearer token of farp.push.auth is required', {
      'WWW-Authenticate': 'Bearer realm="octopus"',
    });
  }

  #register(request: PushRequest, principal: Principal): PushResponse {
    const { registry, log } = this.#options;
    const { settings } = registry;
    const wait = this.#registrations.take(principal.owner, settings.registrationsPerMinute, this.#now());
    if (wait > 0) throw new Refusal(429, 'too many registrations', { 'Retry-After': String(wait) });
    const peer = plainIp(request.peer);
    const registration = parseRegistration(parseBody(request), peer, settings);
    const { service, id, legacy, warnings } = registration;
    if (!mayServe(principal, service)) throw new Refusal(403, `this token is not for the service ${service}`);
    const entry = registry.register(registration, principal, peer);
    for (const warning of warnings)
      log('warn', 'a manifest is not as it should be', { service, instance: id, warning });
    // What it sent just now is what will be in force; of what it did not send, that which is.
    const { routesChecksum, schemas } =
      registration.manifest === null ? this.#applied(entry) : sent(registration.manifest);
    if (legacy) {
      const routes = entry.registration.manifest?.routeTable.length ?? 0;
      return answer(200, { success: true, message: `${service} is registered`, routes });
    }
    return answer(200, { status: 'registered', routes_checksum: routesChecksum, schemas_applied: schemas });
  }

  #heartbeat(request: PushRequest, principal: Principal, id: string): PushResponse {
    const body = request.body.length === 0 ? null : parseBody(request);
    const fields = new Fields(isObject(body) ? body : {}, '', new Warnings());
    const status = fields.string('status');
    const entry = this.#options.registry.heartbeat(
      id,
      principal,
      status === '' ? null : statusOf(status),
      fields.string('routes_checksum'),
    );
    const { routesChecksum, schemas } = this.#applied(entry);
    return answer(200, { status: 'ok', routes_checksum: routesChecksum, schemas_applied: schemas });
  }

  #deregister(request: PushRequest, principal: Principal, idOrName: string): PushResponse {
    const entry = this.#options.registry.deregister(idOrName, principal, plainIp(request.peer));
    return answer(200, { status: 'deregistered', id: entry.registration.id });
  }

  #services(name: string | null): PushResponse {
    const { registry } = this.#options;
    const entries = name === null ? registry.list() : registry.ofService(name);
    return answer(
      200,
      entries.map((entry) => entry.listed()),
    );
  }

  #applied({ registration }: Entry): Applied {
    const { applied } = this.#options;
    const { manifest, service, id } = registration;
    if (applied !== undefined) return applied(service, id) ?? NOTHING;
    return manifest === null ? NOTHING : sent(manifest);
  }

  #failure(request: PushRequest, error: unknown): PushResponse {
    const { log, onRefused } = this.#options;
    const { status, body, headers } = describe(error);
    if (status === 500) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log('error', 'a FARP request failed', { path: request.path, error: detail });
    } else if (status !== 404) {
      onRefused?.(body.error);
      if (this.#told.take(plainIp(request.peer), TOLD_PER_MINUTE, this.#now()) > 0)
        return answer(status, body, headers);
      log('warn', 'a FARP request was refused', {
        ...{ method: request.method, path: request.path.slice(0, 200), client_ip: request.peer },
        ...{ status, reason: body.error.slice(0, 500) },
      });
    }
    return answer(status, body, headers);
  }
}

const NOTHING: Applied = { routesChecksum: '', schemas: 0 };

function sent({ routesChecksum, schemas }: Manifest): Applied {
  return { routesChecksum, schemas: schemas.length };
}

class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const METHODS: Readonly<Record<string, readonly [method: string, wantsName: boolean | null]>> = {
  register: ['POST', false],
  heartbeat: ['PUT', true],
  deregister: ['DELETE', true],
  services: ['GET', null],
};

function operationOf(action: string, rest: string): { readonly method: string } | null {
  if (!Object.hasOwn(METHODS, action)) return null;
  const [method, wantsName] = METHODS[action]!;
  return wantsName === null || wantsName === (rest !== '') ? { method } : null;
}

/** @throws Refusal */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(400, 'the path is not percent-encoded properly');
  }
}

/** @throws Refusal */
function parseBody({ body, headers }: PushRequest): unknown {
  const coding = headers['content-encoding'] ?? 'identity';
  if (coding.toLowerCase() !== 'identity')
    throw new Refusal(415, `content coding ${coding.slice(0, 40)} is not accepted`);
  if (body.length > MAX_PUSH_BODY) throw new Refusal(413, `the body is larger than ${MAX_PUSH_BODY} bytes`);
  try {
    return parseJsonText(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new Refusal(400, `invalid JSON: ${error.message}`);
  }
}

const REFUSAL_STATUS = { 'not-found': 404, forbidden: 403, ambiguous: 409, full: 503 } as const;

interface Failure {
  readonly status: number;
  readonly body: { readonly error: string; readonly action?: string; readonly message?: string };
  readonly headers?: Readonly<Record<string, string>>;
}

function describe(error: unknown): Failure {
  if (error instanceof Refusal)
    return { status: error.status, body: { error: error.message }, headers: error.headers };
  if (error instanceof RegistrationFault) return { status: 400, body: { error: error.message } };
  if (!(error instanceof RegistryRefusal)) return { status: 500, body: { error: 'internal error' } };
  const status = REFUSAL_STATUS[error.kind];
  if (error.kind !== 'not-found') return { status, body: { error: error.message } };
  const message = 'the gateway does not know this instance: register it again';
  return { status, body: { error: error.message, action: 're-register', message } };
}

function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): PushResponse {
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-FARP-Version': PROTOCOL_VERSION,
      ...headers,
    },
    body: `${JSON.stringify(body)}\n`,
  };
}
