/**
 * The public plugin API. Built-in plugins and users' own use exactly this file.
 *
 * Order of the hooks of one exchange:
 *
 *   onRequest -> onRequestBody* -> onUpstreamRequest (each try) -> onResponse -> onResponseBody* -> onEnd
 *
 * `onRequest`, `onRequestBody` and `onUpstreamRequest` run in the order in which the plugins are listed, `onResponse`
 * and `onResponseBody` in reverse. `onResponse` runs for every response, also for those that the gateway or another
 * plugin made. The synchronous path costs no promise: return one only when there is something to wait for.
 *
 * An exchange and everything on it belongs to the hooks of that exchange: objects are reused, so keep values, not the
 * exchange itself, beyond `onEnd`.
 */
import type { z } from 'zod';

/** Header fields of a message in wire order. Names are matched without case. */
export interface HeaderView {
  /** The first value, or undefined. */
  get(name: string): string | undefined;
  getAll(name: string): string[];
  has(name: string): boolean;
  /** Replaces every field of that name. Throws `TypeError` on a name or value that is not legal on the wire (B11). */
  set(name: string, value: string): void;
  /** Adds a field beside those that are there. Throws like `set`. */
  append(name: string, value: string): void;
  delete(name: string): void;
  /** Name (as received) and value of every field. */
  entries(): Iterable<readonly [name: string, value: string]>;
}

export interface PluginRequest {
  readonly method: string;
  /** As received, with query. */
  readonly target: string;
  /** Canonical path: what routing matched and what the endpoint will see before any rewrite (rule B13). */
  readonly path: string;
  /** Without `?`; `''` if there is none. */
  readonly query: string;
  /** Lower case, without port. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
  readonly httpVersion: '1.0' | '1.1' | '2.0';
  readonly headers: HeaderView;
  /** The rightmost address that is no trusted proxy (rule B6). */
  readonly clientIp: string;
  /** Address of the TCP peer. */
  readonly peerIp: string;
  /** True when the peer is in `server.trusted_proxies`. */
  readonly fromTrustedProxy: boolean;
  /** True when a body follows, even an empty chunked one. */
  readonly hasBody: boolean;
  /** The TLS side of the client's connection; null on a plain one. */
  readonly tls: ClientTlsView | null;
}

export interface ClientTlsView {
  /** The host the client named in its handshake (SNI), lower case; `''` if it named none. */
  readonly serverName: string;
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly version: string;
  readonly cipher: string;
  /** `h2`, `http/1.1` or `''`. */
  readonly alpn: string;
  /** The session was resumed from an earlier connection. */
  readonly resumed: boolean;
  /** The client's certificate, if `tls.client_ca` is set and vouches for it; otherwise null. */
  readonly certificate: ClientCertificate | null;
}

export interface ClientCertificate {
  /** One attribute per line, such as `CN=alice`. */
  readonly subject: string;
  readonly issuer: string;
  /** Such as `DNS:alice.example.com, URI:spiffe://cluster/alice`; `''` if there is none. */
  readonly subjectAltName: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint256: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly pem: string;
}

export interface PluginResponse {
  /** May be changed to one from 200 to 599; with 204 or 304 the body is left out. */
  status: number;
  readonly headers: HeaderView;
  /** False for HEAD, 204, 304 and other responses without a body: `onResponseBody` is not called. */
  readonly hasBody: boolean;
  /** True when the gateway or a plugin made it, false when it came from an endpoint. */
  readonly local: boolean;
}

export interface PluginExchange {
  readonly request: PluginRequest;
  /** Unique per request, also sent upstream as X-Request-Id. Assign to change it. */
  requestId: string;
  /** 32 hex digits of the W3C trace context. */
  readonly traceId: string;
  /** The matched route. `params` are the captured path parameters, percent-decoded. */
  readonly route: {
    readonly id: string;
    readonly path: string;
    readonly params: Readonly<Record<string, string>>;
  };
  /** A place for this exchange's plugins to leave things for their later hooks; keyed by plugin. */
  readonly locals: Map<unknown, unknown>;
}

/**
 * Returned from `onRequest` to answer instead of the upstream: the `onResponse` hooks then see this reply. Returned from
 * `onResponse` it replaces the response and is sent as it is. Framing fields (Content-Length, Transfer-Encoding,
 * Connection) are the gateway's business.
 */
export interface PluginReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

export interface ExchangeOutcome {
  /** The status sent; 499 when the client went away first. */
  readonly status: number;
  readonly durationMs: number;
  /** Code from the error table, or `''`. */
  readonly error: string;
  /** Bytes of body sent to the client. */
  readonly bytesSent: number;
}

export type MaybePromise<T> = T | Promise<T>;
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that returns nothing goes on
type GoOn = void | undefined;

/** The closed list of hooks, called as methods of the object that `setup` returned. */
export interface PluginHooks {
  /** The head is read and routed, nothing is sent yet. Edits of `exchange.request.headers` reach the endpoint. */
  onRequest?(exchange: PluginExchange): MaybePromise<GoOn | PluginReply>;
  /**
   * One piece of the request body. Return bytes to replace the piece (delete content-length in `onRequest` when the
   * length changes), nothing to keep it. `last` comes exactly once, with an empty chunk if need be.
   */
  onRequestBody?(exchange: PluginExchange, chunk: Uint8Array, last: boolean): MaybePromise<GoOn | Uint8Array>;
  /** Before each try: `headers` are those the endpoint will see, hop-by-hop fields already gone. */
  onUpstreamRequest?(exchange: PluginExchange, headers: HeaderView): MaybePromise<GoOn>;
  /** The response head is there, nothing of it is sent yet. A 101 of a WebSocket is one too; its status stays. */
  onResponse?(exchange: PluginExchange, response: PluginResponse): MaybePromise<GoOn | PluginReply>;
  /** Like `onRequestBody` for the response. Delete content-length in `onResponse` when the length changes. */
  onResponseBody?(
    exchange: PluginExchange,
    chunk: Uint8Array,
    last: boolean,
  ): MaybePromise<GoOn | Uint8Array>;
  /** The exchange is over, however it ended. Must not throw and cannot change anything. */
  onEnd?(exchange: PluginExchange, outcome: ExchangeOutcome): void;
}

/** What a plugin may use beside the exchange. */
export interface PluginContext {
  /** The name under which this instance is configured. */
  readonly name: string;
  /** Identifies the instance: equal on all workers, other after a change of its configuration. */
  readonly instanceId: string;
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Record<string, string | number | boolean>,
  ): void;
  /** Memory cells that all threads share, for exact limits. */
  readonly limits: LimitStore;
  /** Adds to the counter `octopus_plugin_events_total{plugin,event}`. Use few and fixed names: each is a time series. */
  count(event: string): void;
  /** `release` runs once when no exchange uses this instance any more (after a reload): close pools, clear timers. */
  onUnload(release: () => void): void;
}

/**
 * Exact across all worker threads (`state/`). Keys are hashed, so put the instance id or another name of your own into
 * them; `cost` is 1 unless told. The store in memory answers at once, other stores with a promise.
 */
export interface LimitStore {
  /** `capacity` at once, refilled evenly; a fresh key is full. */
  tokenBucket(
    key: string,
    capacity: number,
    refillPerSecond: number,
    cost?: number,
  ): MaybePromise<LimitDecision>;
  /** At most `limit` in any `windowMs`, where the window before counts with the share that still overlaps. */
  slidingWindow(key: string, limit: number, windowMs: number, cost?: number): MaybePromise<LimitDecision>;
}

export interface LimitDecision {
  readonly allowed: boolean;
  /** What a next call may still take, rounded down. */
  readonly remaining: number;
  /** Milliseconds until the limit is whole again. */
  readonly resetMs: number;
  /** Milliseconds until `cost` will be allowed; 0 when allowed, Infinity when `cost` is over the limit itself. */
  readonly retryAfterMs: number;
}

export interface PluginDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly version: string;
  /** Checks and types the plugin's `config`; problems are reported with their place in the file. */
  readonly config: Schema;
  /** Request header fields only this plugin may set: the core removes them from every inbound request (rule B7). A trailing `*` matches a prefix. */
  readonly ownsHeaders?: readonly string[];
  /** True: `onRequest` sees CORS preflights before any other plugin and even if the route does not list OPTIONS. */
  readonly preflight?: boolean;
  /** The core collects the whole body up to that many bytes and calls the body hook once, with `last` true. Over the cap: 413 for requests, 502 for responses. Not for the body of a stream of server-sent events. */
  readonly wholeBody?: { readonly request?: number; readonly response?: number };
  setup(config: z.output<Schema>, context: PluginContext): MaybePromise<PluginHooks>;
}

/** Gives a plugin its types; a plugin module exports the result as `plugin`. */
export function definePlugin<Schema extends z.ZodType>(
  definition: PluginDefinition<Schema>,
): PluginDefinition<Schema> {
  return definition;
}

/**
 * What a plugin module may export as `plugin` instead of a `PluginDefinition`, so that it needs no import at all:
 * `config` may be a function that gets zod and returns the schema, or be left out when there are no options.
 */
export interface UserPlugin<Config = Readonly<Record<string, unknown>>>
  extends Omit<PluginDefinition, 'config' | 'setup'> {
  readonly config?: z.ZodType | ((zod: typeof z) => z.ZodType);
  setup(config: Config, context: PluginContext): MaybePromise<PluginHooks>;
}
