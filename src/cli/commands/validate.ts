import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problems.ts';
import { BUILTIN_PLUGINS } from '../../plugins/builtin/registry.ts';
import { CONFIG_HELP, CONFIG_OPTION, type Command, type Invocation } from '../command.ts';
import { configPaths } from '../config-paths.ts';
import { EXIT_OK, EXIT_REFUSED } from '../exit-codes.ts';

export const command: Command = {
  usage: 'validate [-c FILE_OR_DIR...]',
  help: `
Checks the configuration as "octopus run" would read it and reports every problem at once on standard error, each as
file:line:column: message. Plugins of your own are imported, but nothing is started. Certificates and keys that are not
there are warnings.

Options:
${CONFIG_HELP}
  -h, --help                   this text

Exit codes: 0 the configuration is fine (there may be warnings), 1 it is refused, 2 wrong usage
`,
  options: CONFIG_OPTION,
  positionals: { min: 0, max: 0 },
  run: validate,
};

async function validate(invocation: Invocation): Promise<number> {
  const paths = configPaths(invocation, invocation.positionals);
  const result = await loadConfig({ paths, env: invocation.env, builtins: BUILTIN_PLUGINS });
  if (!result.ok) {
    const errors = result.problems.filter((problem) => problem.severity === 'error').length;
    for (const problem of result.problems) invocation.err(`${formatProblem(problem)}\n`);
    invocation.err(`refused: ${count(errors, 'error')}${warnings(result.problems.length - errors)}\n`);
    return EXIT_REFUSED;
  }
  const found = [...result.warnings.map(formatProblem), ...(await certificateWarnings(result))];
  for (const warning of found) invocation.err(`${warning}\n`);
  for (const sentence of result.inactive) invocation.err(`note: ${sentence}\n`);
  const { routes, upstreams, plugins } = result.routeSet;
  const parts = [
    count(routes.length, 'route'),
    count(upstreams.length, 'upstream'),
    count(plugins.length, 'plugin'),
  ];
  invocation.out(`valid: ${parts.join(', ')}${warnings(found.length)}\n`);
  return EXIT_OK;
}

/** Only warnings: where a configuration is checked, the keys of the machine that it is for are rarely there. */
async function certificateWarnings({ config, tlsFiles }: LoadedConfig): Promise<string[]> {
  if (tlsFiles.certificates.length === 0 && tlsFiles.upstreams.length === 0) return [];
  const { readTls } = await import('../../control/tls/read-tls.ts');
  const { problems, warnings } = await readTls(tlsFiles, config.tls, config.server.http2.enabled);
  return [...problems.map((problem) => `${problem} (warning: "octopus run" will refuse this)`), ...warnings];
}

function warnings(number: number): string {
  return number === 0 ? '' : `, ${count(number, 'warning')}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
