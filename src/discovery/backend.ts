/**
 * What differs from backend to backend: how to ask, and how to read the answers. Everything else (when to try again, what
 * stays in force meanwhile, how often the list is told) is the supervisor's, the same for all.
 */
import type { ServiceInstance } from './provider.ts';

export interface Backend {
  /**
   * Connects, gives the session everything there is (`replace`), then each change, until the signal says stop. Throws when
   * the backend is away or talks nonsense; it is called again later, with a new session.
   */
  watch(session: Session): Promise<void>;
  /** Value of a key in the backend's key-value store; null when there is none. */
  read?(key: string): Promise<Uint8Array | null>;
  /** Frees what outlives a session. */
  close?(): Promise<void>;
}

/** One entry of a backend: a key of etcd, a service of Consul, a name of DNS. */
export interface Entry {
  readonly key: string;
  readonly instances: readonly ServiceInstance[];
  /** What of the entry cannot be used. */
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  /** For people who look for it in the backend. */
  readonly subject: string;
  readonly reason: string;
}

/** What a backend tells the supervisor. Calls after the signal are ignored. */
export interface Session {
  readonly signal: AbortSignal;
  /** All entries of now; those not among them are gone. */
  replace(entries: Iterable<Entry>): void;
  /** One entry is new or other than it was. */
  set(entry: Entry): void;
  delete(key: string): void;
  /** A part of the backend does not answer, while the watch goes on; `''` when all of it does again. */
  trouble(reason: string): void;
}
