/**
 * GET for what services say about themselves. Whoever announces a service decides where the gateway asks, so the request
 * is guarded (protocol digest 16): http and https alone, no address that is nobody's service, no way to another origin,
 * bounded in size and time.
 */
import type { Agent } from 'undici';
import { hostFault } from '../push/address.ts';
import { FetchError } from './fetch-error.ts';
import { guardedLookup, type Lookup } from './guarded-lookup.ts';
import { readBody } from './read-body.ts';

export interface FetchRequest {
  readonly url: URL;
  /** Sent only to the origin of `url`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the copy at hand; `''` when there is none. */
  readonly etag: string;
  readonly maxBytes: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export type Fetched =
  | { readonly unchanged: true }
  | {
      readonly unchanged: false;
      readonly body: Buffer;
      readonly contentType: string;
      /** `''` when there is none. */
      readonly etag: string;
    };

export interface FetcherOptions {
  readonly lookup: Lookup;
  /** From the first connection to the last byte, in milliseconds: what drips is cut off like what never begins. */
  readonly timeout: () => number;
}

/** The time for the whole is the caller's; undici wants one for connecting as well. */
const CONNECT_TIMEOUT = 10_000;
const TIMEOUT_STEPS = 4;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Long enough for the schemas after the manifest, too short to keep a connection to each of thousands of instances. */
const IDLE_TIMEOUT = 1_000;
/** A service that is slow must not hold many connections. */
const CONNECTIONS_PER_ORIGIN = 4;
const ACCEPT = 'application/json, application/yaml;q=0.9, */*;q=0.1';

export class Fetcher {
  readonly #options: FetcherOptions;
  #agent: Promise<Agent> | null = null;
  #closed = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** @throws FetchError */
  async fetch(request: FetchRequest): Promise<Fetched> {
    const timeout = this.#options.timeout();
    // Hundreds a second: timers that fire after their request, and signals made of signals, would cost more than requests.
    const abort = new AbortController();
    let isLate = false;
    // In steps: time in which this thread was busy with something else stretches one step only, so that a service is not
    // blamed for what another one sends.
    let steps = 0;
    let timer: NodeJS.Timeout;
    const step = (): void => {
      isLate = ++steps > TIMEOUT_STEPS;
      if (isLate) abort.abort();
      else timer = setTimeout(step, timeout / TIMEOUT_STEPS);
    };
    step();
    const giveUp = (): void => abort.abort();
    request.signal?.addEventListener('abort', giveUp);
    try {
      if (request.signal?.aborted) throw new FetchError('unreachable', 'given up');
      return await this.#follow(request, abort.signal);
    } catch (error) {
      if (isLate) throw new FetchError('unreachable', `not complete within ${timeout} ms`);
      throw asFetchError(error);
    } finally {
      clearTimeout(timer!);
      request.signal?.removeEventListener('abort', giveUp);
    }
  }

  /**
   * Sends JSON under the same guard; redirects are not followed and the answer's body does not matter.
   *
   * @returns the status
   * @throws FetchError
   */
  async post(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<number> {
    try {
      checkUrl(url);
      const agent = await this.#ready();
      const { origin, pathname, search } = url;
      const sent = { 'user-agent': 'octopus', ...headers };
      const response = await agent.request({
        ...{ origin, path: pathname + search, method: 'POST', headers: sent, body, signal },
      });
      response.body.on('error', () => {}).destroy();
      return response.statusCode;
    } catch (error) {
      throw asFetchError(error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#agent)?.destroy();
  }

  async #follow(request: FetchRequest, signal: AbortSignal): Promise<Fetched> {
    let { url } = request;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#get(request, url, signal);
      const { statusCode, headers, body } = response;
      // A body that is given up in the middle says so, and nobody has to care.
      body.on('error', () => {});
      if (statusCode === 200) {
        const stated = Number(headers['content-length'] ?? 0);
        if (stated > request.maxBytes) {
          body.destroy();
          throw new FetchError('invalid', `${stated} bytes are more than ${request.maxBytes}`);
        }
        return {
          unchanged: false,
          body: await readBody(body, text(headers['content-encoding']), request.maxBytes, signal),
          contentType: text(headers['content-type']),
          etag: text(headers['etag']),
        };
      }
      // The rest does not matter; a body that never ends must not hold the connection.
      body.destroy();
      if (statusCode === 304 && request.etag !== '') return { unchanged: true };
      if (!REDIRECTS.has(statusCode)) throw statusFault(statusCode);
      if (redirects === MAX_REDIRECTS) throw new FetchError('forbidden', 'too many redirects');
      url = redirectTarget(url, text(headers.location));
    }
  }

  async #get(request: FetchRequest, url: URL, signal: AbortSignal) {
    checkUrl(url);
    const agent = await this.#ready();
    return agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'GET',
      headers: {
        accept: ACCEPT,
        'accept-encoding': 'gzip, br',
        'user-agent': 'octopus',
        ...(request.etag === '' ? {} : { 'if-none-match': request.etag }),
        ...request.headers,
      },
      signal,
    });
  }

  #ready(): Promise<Agent> {
    if (this.#closed) throw new FetchError('unreachable', 'the gateway is shutting down');
    this.#agent ??= this.#createAgent();
    return this.#agent;
  }

  async #createAgent(): Promise<Agent> {
    const { Agent } = await import('undici');
    return new Agent({
      connections: CONNECTIONS_PER_ORIGIN,
      keepAliveTimeout: IDLE_TIMEOUT,
      keepAliveMaxTimeout: IDLE_TIMEOUT,
      maxHeaderSize: 16 * 1024,
      connect: { lookup: guardedLookup(this.#options.lookup), timeout: CONNECT_TIMEOUT },
    });
  }
}

/** @throws FetchError */
function checkUrl(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FetchError('forbidden', `${url.protocol} is not supported; use http or https`);
  // A connection to an address that is written as such does without a look-up.
  const fault = hostFault(url.hostname.replace(/^\[|\]$/g, ''));
  if (fault !== '') throw new FetchError('forbidden', `${url.hostname}: ${fault}`);
}

/** To the same scheme, host and port: else a service could make the gateway ask others, with the headers meant for it. */
function redirectTarget(from: URL, location: string): URL {
  if (location === '' || !URL.canParse(location, from.href))
    throw new FetchError('unreachable', 'a redirect that leads nowhere');
  const target = new URL(location, from.href);
  if (target.origin !== from.origin)
    throw new FetchError('forbidden', `a redirect to another origin, ${target.origin}, is not followed`);
  return target;
}

function statusFault(status: number): FetchError {
  if (status === 404 || status === 410) return new FetchError('missing', `status ${status}`);
  if (status === 503) return new FetchError('starting', 'status 503');
  return new FetchError('unreachable', `status ${status}`);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_OVERFLOW: 'headers too large',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  Z_BUF_ERROR: 'compressed body is cut short',
  Z_DATA_ERROR: 'compressed body is damaged',
};

function asFetchError(error: unknown): FetchError {
  if (error instanceof FetchError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const kind = code.startsWith('Z_') ? 'invalid' : 'unreachable';
  return new FetchError(kind, REASONS[code] ?? message);
}

function text(field: string | string[] | undefined): string {
  return (Array.isArray(field) ? field[0] : field) ?? '';
}
