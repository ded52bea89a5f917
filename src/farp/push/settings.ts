/** What the configuration says about registrations, as the registry wants it. Times in milliseconds. */
export interface PushSettings {
  /** Null: registrations are taken. Else why they are not. */
  readonly closed: string | null;
  readonly auth: 'bearer' | 'none';
  readonly credentials: readonly PushCredential[];
  /** An instance that sent heartbeats is dropped after so long without one. */
  readonly heartbeatTimeout: number;
  /** How often those that send none are tried. */
  readonly probeInterval: number;
  /** They are dropped when nothing has answered there for so long. */
  readonly unreachableTimeout: number;
  /** Registrations of one credential, or of one address where there are none. */
  readonly registrationsPerMinute: number;
  readonly strict: boolean;
  readonly checksum: 'reject' | 'warn';
}

export interface PushCredential {
  readonly name: string;
  /** SHA-256 of the token. */
  readonly digest: Buffer;
  /** Names of services, `*` for any part of one; empty: all. */
  readonly services: readonly string[];
}
