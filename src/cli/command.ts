/** What every command of `octopus` is made of. Each lives in a file of its own that is loaded only when it is called. */
import type { ParseArgsConfig } from 'node:util';

export interface Command {
  /** What follows `octopus` in the usage line, for example `validate [-c FILE_OR_DIR...]`. */
  readonly usage: string;
  /** The text of `--help` below the usage line: what the command does, its options, its exit codes. */
  readonly help: string;
  /** Options beside `--help`; names are spelled as on the command line. Use `CONFIG_OPTION` for `-c`. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** How many arguments that are no options it takes; more are paths of configuration files if `-c` is given. */
  readonly positionals: { readonly min: number; readonly max: number };
  /** @returns the exit code (`exit-codes.ts`) */
  run(invocation: Invocation): Promise<number>;
}

/** One call of a command, with options checked against its table. */
export interface Invocation {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output: what was asked for. Text with its line ends. */
  out(text: string): void;
  /** Standard error: what went wrong. */
  err(text: string): void;
}

/** `-c` may be repeated, and one `-c` may be followed by several paths. */
export const CONFIG_OPTION = { config: { type: 'string', short: 'c', multiple: true } } as const;

export const CONFIG_HELP = `  -c, --config FILE_OR_DIR...  configuration files (YAML, JSON) and directories of them, merged in this order;
                               default: $OCTOPUS_CONFIG, ./octopus.yaml or /etc/octopus/, the first that is there`;

/** A call that makes no sense: printed with a pointer to `--help`, exit code 2. */
export class UsageError extends Error {}
