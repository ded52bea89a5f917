import { routeView } from '../../admin/views.js';
import { loadConfig } from '../../config/load.js';
import { formatProblem } from '../../config/problems.js';
import { BUILTIN_PLUGINS } from '../../plugins/builtin/registry.js';
import { inMatchOrder } from '../../routing/match-order.js';
import { CONFIG_HELP, CONFIG_OPTION } from '../command.js';
import { configPaths } from '../config-paths.js';
import { describeAction, describeConditions, describeHost, describeMethods, describeOrigin, } from '../describe-route.js';
import { EXIT_OK, EXIT_REFUSED } from '../exit-codes.js';
import { table } from '../table.js';
export const command = {
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
async function routes(invocation) {
    const paths = configPaths(invocation, invocation.positionals);
    const result = await loadConfig({ paths, env: invocation.env, builtins: BUILTIN_PLUGINS });
    if (!result.ok) {
        for (const problem of result.problems)
            invocation.err(`${formatProblem(problem)}\n`);
        return EXIT_REFUSED;
    }
    return runRoutes({
        routeSet: result.routeSet,
        json: invocation.values['json'] === true,
        out: invocation.out,
    });
}
/** @returns the exit code */
export function runRoutes({ routeSet, json, out }) {
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
//# sourceMappingURL=routes.js.map