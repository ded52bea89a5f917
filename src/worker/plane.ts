import type { ConnectionList } from '../engine/connection-list.ts';
import type { AccessEntry, AccessLog } from '../telemetry/access-log.ts';
import type { Recorder } from '../telemetry/recorder.ts';
import type { Cell } from '../telemetry/series-cells.ts';
import type { ControlLink } from './control-link.ts';
import type { LoadedGeneration } from './generation.ts';
import type { UpstreamRegistry } from './upstream-registry.ts';

/** What an exchange uses of its worker. */
export interface Plane {
  /** The current one; an exchange keeps the one it began with. */
  readonly generation: LoadedGeneration;
  readonly upstreams: UpstreamRegistry;
  readonly recorder: Recorder;
  readonly accessLog: AccessLog;
  /** Reused for every line. */
  readonly accessEntry: AccessEntry;
  /** Upstream calls in progress, for their deadlines. */
  readonly calls: ConnectionList;
  /** To the primary, for requests that are for the gateway itself. */
  readonly control: ControlLink;
  readonly bytesReceived: Cell;
  readonly bytesSent: Cell;
  readonly workerRequests: Cell;
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Record<string, string | number>,
  ): void;
}
