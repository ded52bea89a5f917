/** Settings from the command line: they win over files and environment, at the start and at every reload. */
import type { Config } from '../config/schema/schema.ts';
import type { EngineName, LogLevel } from '../shared/messages.ts';

export interface Overrides {
  readonly workers?: number | 'auto';
  readonly pinCpus?: boolean;
  readonly engine?: EngineName;
  readonly logLevel?: LogLevel;
}

/** Changes `config` in place: what it remembers about secrets hangs on the object itself. */
export function applyOverrides(config: Config, { workers, pinCpus, engine, logLevel }: Overrides): void {
  if (workers !== undefined) config.server.workers = workers;
  if (pinCpus !== undefined) config.server.pin_cpus = pinCpus;
  if (engine !== undefined) config.server.engine = engine;
  if (logLevel !== undefined) config.observability.logging.level = logLevel;
}
