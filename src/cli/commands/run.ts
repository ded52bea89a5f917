import type { Overrides } from '../../control/overrides.ts';
import { runGateway } from '../../control/run.ts';
import { MAX_WORKERS } from '../../shared/memory.ts';
import type { EngineName, LogLevel } from '../../shared/messages.ts';
import { CONFIG_HELP, CONFIG_OPTION, type Command, type Invocation, UsageError } from '../command.ts';
import { configPaths } from '../config-paths.ts';
import { EXIT_CANNOT_START, EXIT_OK, EXIT_REFUSED } from '../exit-codes.ts';

const ENGINES: readonly EngineName[] = ['builtin', 'uws'];
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export const command: Command = {
  usage:
    '[run] [-c FILE_OR_DIR...] [--workers N|auto] [--pin-cpus] [--engine builtin|uws] [--log-level LEVEL]',
  help: `
Starts the gateway and runs until SIGTERM or SIGINT. Changed configuration files are applied by themselves, on SIGHUP
and on POST /_/reload of the admin API; a broken configuration is refused and the one in force stays.

Options:
${CONFIG_HELP}
  --workers N|auto             worker threads; auto is one per CPU core (over server.workers)
  --pin-cpus                   keeps each worker on a core of its own (over server.pin_cpus)
  --engine ENGINE              what accepts connections: ${ENGINES.join(', ')} (over server.engine)
  --log-level LEVEL            ${LEVELS.join(', ')} (over observability.logging.level)
  -h, --help                   this text

Signals: SIGHUP reads the configuration again; SIGTERM and SIGINT finish what is in flight, within
server.shutdown_timeout, and exit; a second one exits at once.

Exit codes: 0 stopped by a signal, 1 configuration refused or unexpected failure, 2 wrong usage,
3 cannot start (port in use, permission denied, …), 143 or 130 when a second signal cut the shutdown short
`,
  options: {
    ...CONFIG_OPTION,
    workers: { type: 'string' },
    'pin-cpus': { type: 'boolean' },
    engine: { type: 'string' },
    'log-level': { type: 'string' },
  },
  positionals: { min: 0, max: 0 },
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { env, err, positionals } = invocation;
  const overrides = readOverrides(invocation.values);
  const result = await runGateway({ paths: configPaths(invocation, positionals), env, overrides });
  switch (result.end) {
    case 'stopped':
      return EXIT_OK;
    case 'failed':
      err(`octopus: ${result.reason}\n`);
      return EXIT_REFUSED;
    case 'refused':
      for (const problem of result.problems) err(`${problem}\n`);
      err('octopus: the configuration is refused, nothing was started\n');
      return EXIT_REFUSED;
    case 'cannot-start':
      err(`octopus: ${result.reason}\n`);
      return EXIT_CANNOT_START;
  }
}

function readOverrides(values: Invocation['values']): Overrides {
  const { workers, engine } = values;
  const logLevel = values['log-level'];
  return {
    ...(workers === undefined ? {} : { workers: workersOf(String(workers)) }),
    ...(values['pin-cpus'] === true ? { pinCpus: true } : {}),
    ...(engine === undefined ? {} : { engine: oneOf('--engine', String(engine), ENGINES) }),
    ...(logLevel === undefined ? {} : { logLevel: oneOf('--log-level', String(logLevel), LEVELS) }),
  };
}

function workersOf(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_WORKERS) return count;
  throw new UsageError(`--workers ${text}: expected auto or a number from 1 to ${MAX_WORKERS}`);
}

function oneOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`${option} ${text}: expected one of ${choices.join(', ')}`);
}
