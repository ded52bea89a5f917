import { routeView } from '../../admin/views.ts';
import { loadConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problems.ts';
import { BUILTIN_PLUGINS } from '../../plugins/builtin/registry.ts';
import { inMatchOrder } from '../../routing/match-order.ts';
import type { RouteSet } from '../../routing/model.ts';
import { CONFIG_HELP, CONFIG_OPTION, type Command, type Invocation } from '../command.ts';
import { configPaths } from '../config-paths.ts';
import {
  describeAction,
  describeConditions,
  describeHost,
  describeMethods,
  describeOrigin,
} from '../describe-route.ts';
import { EXIT_OK, EXIT_REFUSED } from '../exit-codes.ts';
import { servicesNote } from '../services-note.ts';
import { table } from '../table.ts';

export const command: Command = {
  usage: 'routes [-c FILE_OR_DIR...] [--json]',
  help: `
Lists the routes of the configuration in the order in which matching prefers them. Nothing is started.

Options:
${CONFIG_HELP}
  --json                       the routes as a JSON list, like /_/routes of the admin API
  -h, --help                   this text

Exit codes: 0 listed, 1 the configuration is refused, 2 wrong usage
`,
  options: { ...CONFIG_OPTION, json: { type: 'boolean' } },
  positionals: { min: 0, max: 0 },
  run: routes,
};

async function routes(invocation: Invocation): Promise<number> {
  const paths = configPaths(invocation, invocation.positionals);
  const result = await loadConfig({ paths, env: invocation.env, builtins: BUILTIN_PLUGINS });
  if (!result.ok) {
    for (const problem of result.problems) invocation.err(`${formatProblem(problem)}\n`);
    return EXIT_REFUSED;
  }
  const code = runRoutes({
    routeSet: result.routeSet,
    json: invocation.values['json'] === true,
    out: invocation.out,
  });
  invocation.err(servicesNote(result.config));
  return code;
}

export interface RoutesOptions {
  readonly routeSet: RouteSet;
  readonly json: boolean;
  readonly out: (text: string) => void;
}

/** @returns the exit code */
export function runRoutes({ routeSet, json, out }: RoutesOptions): number {
  const sorted = inMatchOrder(routeSet.routes);
  if (json) {
    out(`${JSON.stringify(sorted.map(routeView), null, 2)}\n`);
    return EXIT_OK;
  }
  const rows = sorted.map((route) => [
    String(route.priority),
    describeHost(route),
    describeMethods(route),
    route.path,
    describeConditions(route) || '-',
    describeAction(route.action),
    describeOrigin(route),
  ]);
  out(`${table([['PRIORITY', 'HOST', 'METHODS', 'PATH', 'CONDITIONS', 'ACTION', 'FROM'], ...rows])}\n`);
  return EXIT_OK;
}
