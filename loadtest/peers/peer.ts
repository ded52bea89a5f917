import type { Case } from '../cases.ts';
import type { Certificate } from '../system/certificate.ts';
import type { Command } from '../system/child.ts';

/** A proxy that can be compared. One file each; `all.ts` lists them. */
export interface Peer {
  readonly name: string;
  /** How to get it, shown when it is not found. */
  readonly hint: string;
  /** Its version, or null when it is not on this machine. */
  findVersion(): string | null;
  /** Writes the configuration for a case; null when the peer cannot do that case. */
  prepare(setup: Setup): Launch | null;
}

export interface Setup {
  readonly scenario: Case;
  /** Where the peer may write; exists, and is the peer's own. */
  readonly directory: string;
  readonly port: number;
  /** A second free port, for peers with an admin interface. */
  readonly adminPort: number;
  readonly originPort: number;
  /** For cases over TLS, else null. */
  readonly certificate: Certificate | null;
}

export interface Launch extends Command {
  /** Makes the running process read its configuration again; called once a second in the reload case. */
  readonly reload?: (pid: number) => void;
  /** Requests that each worker has served. */
  readonly workerRequests?: () => Promise<number[]>;
}

/** More than the idle case opens, so that no proxy is short of connections. */
export const MAX_CONNECTIONS = 16_384;
