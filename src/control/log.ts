import type { LogFields } from '../shared/messages.ts';

/** What the control plane needs of the process logger. Messages are plain sentences, data goes into the fields. */
export interface ControlLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
