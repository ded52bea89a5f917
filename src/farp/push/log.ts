import type { LogFields, LogLevel } from '../../shared/messages.ts';

export type RegistryLog = (level: LogLevel, message: string, fields: LogFields) => void;
