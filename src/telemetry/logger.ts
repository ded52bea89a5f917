/** Primary side: the log of the process. The primary owns the output; workers post what they have to say. */
import { isatty } from 'node:tty';
import { type Logger as Pino, pino } from 'pino';
import type { LogFields, LogLevel } from '../shared/messages.ts';
import { LogOutput } from './log-output.ts';
import { textLine } from './text-line.ts';
import { timestamp } from './timestamp.ts';

export type LogFormat = 'json' | 'text';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** File descriptor to write to; default 1, standard output. */
  readonly fd?: number;
  /** Characters that may wait for a slow reader; default 8 MiB. */
  readonly maxQueued?: number;
  /** Feeds `octopus_log_lines_dropped_total`. */
  readonly onDrop?: (lines: number) => void;
}

/** Keys that every line has; a field of that name is written as `field_<name>`, since no key may come twice. */
const FIXED_KEYS = ['timestamp', 'level', 'message'] as const;

export class Logger {
  readonly #output: LogOutput;
  readonly #pino: Pino;
  readonly #colors: boolean;
  #format: LogFormat;

  constructor(options: LoggerOptions) {
    const fd = options.fd ?? 1;
    this.#format = options.format;
    this.#colors = isatty(fd) && !process.env['NO_COLOR'];
    this.#output = new LogOutput(fd, {
      ...(options.maxQueued === undefined ? {} : { maxQueued: options.maxQueued }),
      ...(options.onDrop === undefined ? {} : { onDrop: options.onDrop }),
      onRecovered: (lines) =>
        this.warn('log lines were dropped because the reader of the log was too slow', { lines }),
    });
    this.#pino = pino(
      {
        level: options.level,
        base: null,
        messageKey: 'message',
        timestamp: () => `,"timestamp":"${timestamp(Date.now())}"`,
        formatters: { level: (level) => ({ level }) },
      },
      { write: (line: string) => this.#writeLines(line) },
    );
  }

  get level(): LogLevel {
    return this.#pino.level as LogLevel;
  }

  set level(level: LogLevel) {
    this.#pino.level = level;
  }

  setFormat(format: LogFormat): void {
    this.#format = format;
  }

  debug(message: string, fields?: LogFields): void {
    this.log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.log('error', message, fields);
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.#pino[level](withoutFixedKeys(fields), message);
  }

  /** A batch of a worker's access log: whole JSON lines. It has its own switch, so that the level does not matter. */
  writeAccess(lines: string): void {
    this.#writeLines(lines);
  }

  /** Waits for the output, at most that long; nothing can be logged afterwards. */
  close(timeoutMs = 1_000): Promise<void> {
    return this.#output.close(timeoutMs);
  }

  #writeLines(lines: string): void {
    if (this.#format === 'json') {
      this.#output.write(lines);
      return;
    }
    let text = '';
    for (const line of lines.split('\n')) if (line !== '') text += textLine(line, this.#colors);
    this.#output.write(text);
  }
}

/** The fields by which an error is logged. The stack is for defects; expected errors are told by their message alone. */
export function errorFields(error: unknown, withStack = false): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  const stack = withStack ? error.stack : undefined;
  return stack === undefined ? { error: error.message } : { error: error.message, stack };
}

function withoutFixedKeys(fields: LogFields): LogFields {
  if (!FIXED_KEYS.some((key) => key in fields)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      (FIXED_KEYS as readonly string[]).includes(key) ? `field_${key}` : key,
      value,
    ]),
  );
}
