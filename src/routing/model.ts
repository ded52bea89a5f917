/**
 * The routing model: plain data, made by sources (files, later FARP and discovery), validated and merged in the
 * primary, compiled into a snapshot and read back by the workers. All durations are milliseconds, all sizes bytes.
 */

import type { GrpcCondition } from './grpc-conditions.ts';

/** Everything one generation of the gateway routes with. */
export interface RouteSet {
  readonly routes: readonly Route[];
  readonly upstreams: readonly Upstream[];
  readonly plugins: readonly PluginInstance[];
}

export interface Route {
  /** Unique and stable across reloads as long as the route's match does not change. */
  readonly id: string;
  /** Which source published it: `file`, `farp`, `admin`, … */
  readonly source: string;
  /** Where the user wrote it (`routes.yaml:12:5`), for reports. Empty when there is no such place. */
  readonly origin: string;
  /** The pattern in canonical spelling (`/users/{id}`, `/files/{rest*}`, `/static/*`); also the metric label. */
  readonly path: string;
  /** Upper-case methods; empty means every method. GET also admits HEAD. */
  readonly methods: readonly string[];
  /** Lower-case host without port, `*.example.com`, or `''` for any host. */
  readonly host: string;
  readonly headers: readonly FieldPredicate[];
  readonly query: readonly FieldPredicate[];
  /** Higher wins over any more specific path; 0 is the default. */
  readonly priority: number;
  readonly action: RouteAction;
  /** Ids of `RouteSet.plugins`, in the order in which they run. */
  readonly plugins: readonly string[];
}

/**
 * `name` is lower case for headers and exact for query parameters. The kind `grpc` stands on `content-type`: the request
 * is a call of gRPC or gRPC-Web.
 */
export interface FieldPredicate {
  readonly name: string;
  readonly kind: 'exact' | 'regex' | 'grpc';
  readonly value: string;
}

export type RouteAction = ProxyAction | RedirectAction | RespondAction | ControlAction;

export interface ProxyAction {
  readonly kind: 'proxy';
  /** At least one; a request goes to one of them by weight. */
  readonly targets: readonly ProxyTarget[];
  readonly rewrite: PathRewrite | null;
  /** True: the client's Host reaches the endpoint. False: the endpoint's own authority does (rule B8). */
  readonly preserveHost: boolean;
  /** From the request being sent whole to the response head, over all tries. */
  readonly timeout: number;
  readonly retries: RetryPolicy;
  /** Null: a handshake gets 501. */
  readonly webSocket: WebSocketPolicy | null;
  readonly eventStream: EventStreamPolicy;
}

/** For connections that became a tunnel; 0 means no limit. */
export interface WebSocketPolicy {
  readonly idleTimeout: number;
  readonly maxDuration: number;
  /** What the Origin of a web page may be; `*` for anything. */
  readonly origins: readonly string[];
}

/** For responses of the type `text/event-stream`; 0 means off. */
export interface EventStreamPolicy {
  /** A comment goes to the client after this much silence. */
  readonly heartbeat: number;
  readonly idleTimeout: number;
}

export interface ProxyTarget {
  readonly upstream: string;
  readonly weight: number;
}

/** Applied to the canonical path in this order: strip, then the first of the rules that matches, then add. */
export interface PathRewrite {
  readonly stripPrefix: string;
  readonly rules: readonly RewriteRule[];
  readonly addPrefix: string;
}

export interface RewriteRule {
  /** Regular expression. */
  readonly pattern: string;
  /** With `$1` and `$<name>`. */
  readonly replacement: string;
  /** The pattern comes from a service and not from who runs the gateway: it must match in linear time. */
  readonly linear: boolean;
}

/** A number is an HTTP status. */
export type RetryCondition = 'connect-failure' | 'reset' | 'timeout' | GrpcCondition | number;

export interface RetryPolicy {
  /** Tries after the first one; 0 switches retries off. */
  readonly attempts: number;
  readonly on: readonly RetryCondition[];
  /** 0: only the route's timeout counts. */
  readonly perTryTimeout: number;
  /** Share of the upstream's requests that may be retries, 0 to 1. */
  readonly budget: number;
  /** A body is kept for replay up to this many bytes. */
  readonly bodyLimit: number;
}

export interface RedirectAction {
  readonly kind: 'redirect';
  readonly status: number;
  /** May hold `{param}` placeholders; `{path}` and `{query}` are always there. */
  readonly location: string;
}

export interface RespondAction {
  readonly kind: 'respond';
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** The primary thread answers: requests to the gateway itself. */
export interface ControlAction {
  readonly kind: 'control';
}

export type LoadBalance =
  | 'round-robin'
  | 'weighted'
  | 'random'
  | 'two-choices'
  | 'ewma'
  | 'consistent-hash'
  | 'least-connections';

export interface Upstream {
  readonly name: string;
  /** Index of this upstream's cells in shared memory, stable across reloads; -1 until the primary assigns it. */
  readonly slot: number;
  readonly endpoints: readonly Endpoint[];
  readonly loadBalance: LoadBalance;
  readonly hashOn: HashKey | null;
  readonly sticky: { readonly cookie: string; readonly ttl: number } | null;
  readonly healthCheck: HealthCheck | null;
  readonly outlier: Outlier | null;
  readonly circuitBreaker: CircuitBreaker | null;
  readonly connections: { readonly max: number; readonly idleTimeout: number };
  /** Requests that may be under way on one connection; 1 is no pipelining. */
  readonly pipelining: number;
  readonly timeouts: UpstreamTimeouts;
  /** Spoken with the endpoints; `h2` is multiplexed, and over TLS agreed on by ALPN. `auto`: what the endpoint prefers. */
  readonly protocol: 'h1' | 'h2' | 'auto';
  /** For those of its endpoints that have `tls`. */
  readonly tls: UpstreamTls;
}

export interface UpstreamTls {
  /** Named in the handshake and expected in the certificate; `''`: the host of the endpoint. */
  readonly serverName: string;
  readonly verify: boolean;
  /** Digest under which the generation holds CA, certificate and key; `''` when there are none. */
  readonly credentials: string;
}

export interface HashKey {
  readonly kind: 'client_ip' | 'header' | 'cookie' | 'path';
  /** Header (lower case) or cookie name; `''` for the others. */
  readonly name: string;
}

export interface Endpoint {
  /** `host:port` as dialled and shown; IPv6 in brackets. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly weight: number;
  /** Index of this endpoint's cells in shared memory, stable across reloads; -1 until the primary assigns it. */
  readonly slot: number;
}

export interface HealthCheck {
  readonly path: string;
  /** Asked about by `grpc.health.v1` instead of the path; `''` is the server as a whole. Null: the path is asked. */
  readonly grpcService: string | null;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyAfter: number;
  readonly unhealthyAfter: number;
  /** Inclusive status ranges that count as healthy. */
  readonly expect: readonly (readonly [low: number, high: number])[];
}

export interface Outlier {
  readonly consecutiveFailures: number;
  readonly ejectFor: number;
  /** Share of the endpoints that may be ejected at once, 0 to 1. */
  readonly maxEjected: number;
}

export interface CircuitBreaker {
  readonly failureThreshold: number;
  readonly timeout: number;
  readonly halfOpenRequests: number;
}

export interface UpstreamTimeouts {
  readonly connect: number;
  /** From the request being sent whole to the first byte of the response, each try. */
  readonly firstByte: number;
  /** Longest silence while a body moves. */
  readonly idle: number;
  /** Cap on the whole exchange including bodies; 0 means none. */
  readonly total: number;
}

/** One configured plugin: the same name may be configured several times. */
export interface PluginInstance {
  /** Name and a digest of module and config: equal ids are the same instance and survive a reload. */
  readonly id: string;
  readonly name: string;
  /** Absolute path or package name of the user's module; `''` for a built-in. */
  readonly module: string;
  /** A built-in's are checked and complete, a user's as written. */
  readonly config: unknown;
  /** Runs in a thread of its own. */
  readonly isolate: boolean;
  /** Longest time of one hook of an isolated plugin; 1000 unless set. */
  readonly isolateTimeout?: number;
  /** Not `''`: the plugin cannot run, its routes answer 503 rather than run without it. */
  readonly unavailable: string;
}
