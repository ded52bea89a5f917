/** What every discovery backend does: it tells, again and again, the complete list of instances that it knows. */

export type InstanceStatus = 'starting' | 'healthy' | 'degraded' | 'unhealthy' | 'draining' | 'stopping';

/** One running instance of a service as a backend (or a push registration) describes it. */
export interface ServiceInstance {
  /** Unique within its service. */
  readonly id: string;
  /** As the backend spells it. */
  readonly service: string;
  /** `''` when unknown. */
  readonly version: string;
  /** IP address or host name, without port and brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** 0 to 100; 100 unless the backend says otherwise. 0 takes no traffic. */
  readonly weight: number;
  /** `''` when unknown. */
  readonly zone: string;
  readonly status: InstanceStatus;
  readonly tags: readonly string[];
  /** FARP's keys (`farp.enabled`, `farp.manifest`, …) and all others, as strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Provider {
  /** Name of the backend and, where there are several of it, of this one: `etcd`, `consul`, … */
  readonly name: string;
  /** Begins to watch; returns at once and never throws: what goes wrong is told to the sink, and tried again. */
  start(sink: ProviderSink): void;
  /** Value of a key in the backend's key-value store; null when there is none, or no store. Throws while it is away. */
  read?(key: string): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

export interface ProviderSink {
  /** The complete list of now. Also says that the backend answers. */
  publish(instances: readonly ServiceInstance[]): void;
  /** The backend is away or answers nonsense; the last list stays in force. */
  failed(reason: string): void;
  /** An entry of the backend cannot be used: the others can. */
  refused(entry: string, reason: string): void;
}
