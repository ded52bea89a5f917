/**
 * What the gateway knows of services, between discovery and routing: instances with their manifests, manifests with
 * their schemas. Plain data.
 */
import type { ServiceInstance } from '../discovery/provider.ts';

/** Everything of one service that is in force. Instances of one name are one service, whichever backend has them. */
export interface Service {
  /** Lower case: the name in paths, upstreams, metrics. */
  readonly name: string;
  readonly instances: readonly Instance[];
  /** The manifest that rules routing and docs: of the newest `updated_at` among the instances. null: none has one. */
  readonly manifest: Manifest | null;
  readonly schemas: readonly Schema[];
}

export interface Instance extends ServiceInstance {
  /** Name of the provider that told of it; `push` for registrations. */
  readonly provider: string;
  readonly manifest: Manifest | null;
}

/** A schema as fetched and parsed. */
export interface Schema {
  readonly type: SchemaType;
  readonly specVersion: string;
  /** Where it came from, for people. */
  readonly origin: string;
  /** Parsed JSON or YAML; text for GraphQL SDL. */
  readonly document: unknown;
  /** SHA-256 of the body as received: equal digests are the same schema. */
  readonly digest: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export type SchemaType = 'openapi' | 'asyncapi' | 'grpc' | 'graphql' | 'orpc' | 'thrift' | 'avro' | 'custom';

/** A manifest after parsing (protocol digest, 1 and 2.4): nulls are gone, ranges are clamped, defaults filled in. */
export interface Manifest {
  /** Protocol version as stated, `1.1.0`. */
  readonly version: string;
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly instanceId: string;
  readonly instance: ManifestInstance | null;
  readonly schemas: readonly SchemaDescriptor[];
  readonly capabilities: readonly string[];
  readonly endpoints: ManifestEndpoints;
  readonly routing: ManifestRouting;
  readonly routeTable: readonly ManifestRoute[];
  readonly webhook: ManifestWebhook | null;
  /** Not interpreted: kept to be shown (without secrets). */
  readonly auth: unknown;
  readonly hints: unknown;
  /** Unix seconds. */
  readonly updatedAt: number;
  readonly checksum: string;
  /** As the service states it; echoed, never recomputed (3.3). */
  readonly routesChecksum: string;
}

export interface ManifestInstance {
  /** `host:port` as stated; `''` when absent. */
  readonly address: string;
  readonly region: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly weight: number;
  /** `''` when absent. */
  readonly status: string;
  /** `primary`, `canary`, `blue`, `green`, `shadow` or `''`. */
  readonly role: string;
  readonly deployment: {
    readonly id: string;
    readonly strategy: string;
    /** 0 to 100; -1 when absent. */
    readonly trafficPercent: number;
    readonly stage: string;
  } | null;
}

export interface SchemaDescriptor {
  readonly type: SchemaType;
  readonly specVersion: string;
  readonly location:
    | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
    | { readonly kind: 'registry'; readonly path: string }
    | { readonly kind: 'inline'; readonly document: unknown };
  readonly contentType: string;
  /** `''` when absent. */
  readonly hash: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Paths or URLs; `''` when absent. */
export interface ManifestEndpoints {
  readonly health: string;
  readonly metrics: string;
  readonly openapi: string;
  readonly asyncapi: string;
  readonly graphql: string;
  readonly grpcReflection: boolean;
}

export type MountStrategy = 'root' | 'instance' | 'service' | 'versioned' | 'custom' | 'subdomain';

export interface ManifestRouting {
  /** `service` when absent, unknown or unusable (2.4, 7.1). */
  readonly strategy: MountStrategy;
  readonly basePath: string;
  readonly subdomain: string;
  readonly rewrite: readonly { readonly pattern: string; readonly replacement: string }[];
  readonly stripPrefix: boolean;
  /** 0 to 100; 50 when absent (7.3). */
  readonly priority: number;
  readonly tags: readonly string[];
  readonly pathRules: readonly { readonly pattern: string; readonly include: boolean }[];
}

export interface ManifestRoute {
  readonly path: string;
  /** Upper case; empty is every method. */
  readonly methods: readonly string[];
  readonly protocol: 'rest' | 'grpc' | 'graphql' | 'websocket' | 'sse' | string;
  readonly operationId: string;
  /** Milliseconds; 0 when absent. */
  readonly timeout: number;
  readonly deprecated: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ManifestWebhook {
  /** Where the service wants to be told, path or URL; `''` when it does not. */
  readonly serviceWebhook: string;
  /** Where it would tell the gateway; `''` when it would not. */
  readonly gatewayWebhook: string;
  readonly secret: string;
  /** Empty: every event. */
  readonly subscribeEvents: readonly string[];
  readonly publishEvents: readonly string[];
  readonly retry: {
    readonly maxAttempts: number;
    /** Milliseconds. */
    readonly initialDelay: number;
    readonly maxDelay: number;
    readonly multiplier: number;
  };
}

/** What of a service could not be used, beside what could: for log, admin API and metrics. */
export interface ServiceProblem {
  readonly service: string;
  /** Instance id, schema type, path or whatever it concerns; `''` for the whole service. */
  readonly subject: string;
  readonly message: string;
}
