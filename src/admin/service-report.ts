/** What the admin API tells of discovered services: the JSON of `/_/services` and `/_/services/{name}`. */

export interface ServiceSummary {
  readonly name: string;
  /** `hidden`: known, but not exposed. `pending`: its manifest or schemas have not been had yet, or are refused. */
  readonly state: 'serving' | 'pending' | 'hidden';
  readonly version: string;
  readonly instances: number;
  /** Number of paths by where they come from. */
  readonly routes: Readonly<Record<string, number>>;
  readonly since: string;
  readonly changed_at: string;
  /** Also when it is mended; '' when nothing ever went wrong. */
  readonly last_error: string;
  readonly last_error_at: string | null;
}

export interface ServiceReport extends ServiceSummary {
  /** Without secrets; null when the service has none. */
  readonly manifest: unknown;
  readonly schemas: readonly SchemaReport[];
  readonly instance_list: readonly InstanceReport[];
  readonly route_list: readonly unknown[];
  readonly problems: readonly { readonly subject: string; readonly message: string }[];
  /** The oldest first. */
  readonly history: readonly { readonly at: string; readonly event: string; readonly detail: string }[];
}

export interface SchemaReport {
  readonly type: string;
  readonly spec_version: string;
  readonly origin: string;
  readonly digest: string;
}

export interface InstanceReport {
  readonly id: string;
  /** Backend that told of it. */
  readonly backend: string;
  readonly address: string;
  readonly version: string;
  readonly status: string;
  readonly weight: number;
  readonly zone: string;
  readonly tags: readonly string[];
  /** Of its manifest: `accepted`, `waiting`, `refused`, or `unannounced` when it has none. */
  readonly manifest: string;
  readonly checksum: string;
  /** As the gateway sees its endpoint; `none`: it takes no traffic. */
  readonly health: 'healthy' | 'unhealthy' | 'unknown' | 'none';
  readonly last_look: string | null;
  readonly error: string;
  readonly warnings: readonly string[];
}

export interface BackendReport {
  readonly name: string;
  readonly state: 'starting' | 'ok' | 'failing';
  /** Seconds since it last answered, 0 while it does; null: it never has. */
  readonly stale_seconds: number | null;
  readonly error: string;
  readonly failures: number;
  readonly instances: number;
  /** Entries that cannot be used. */
  readonly refused: readonly { readonly entry: string; readonly reason: string }[];
}

export interface ServicesReport {
  readonly services: readonly ServiceSummary[];
  readonly backends: readonly BackendReport[];
  /** Instances that cannot be used, and routes and upstreams that had to be left out. */
  readonly refused: readonly { readonly subject: string; readonly reason: string }[];
}
