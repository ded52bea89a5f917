/** What the primary knows about itself and what is in force: the admin API and the metrics read it. */
import type { RefusedRoute } from '../admin/state.ts';
import type { Config } from '../config/schema/schema.ts';
import type { RouteConflict } from '../routing/entries.ts';
import type { RouteSet } from '../routing/model.ts';
import type { LoadedPlugin } from '../shared/messages.ts';

export type Phase = 'starting' | 'serving' | 'draining';

/** The generation that all workers serve. */
export interface InForce {
  readonly version: number;
  readonly appliedAt: Date;
  readonly config: Config;
  /** With slots. */
  readonly routeSet: RouteSet;
  readonly conflicts: readonly RouteConflict[];
  readonly refused: readonly RefusedRoute[];
}

export interface ReloadRecord {
  readonly at: Date;
  readonly ok: boolean;
  readonly problems: readonly string[];
}

export class GatewayStatus {
  readonly startedAt = new Date();
  phase: Phase = 'starting';
  inForce: InForce | null = null;
  lastReload: ReloadRecord | null = null;
  workerRestarts = 0;
  /** As the workers reported them with their last `ack`. */
  plugins: readonly LoadedPlugin[] = [];
}
