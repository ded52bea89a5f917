import { loadConfig } from '../../config/load.js';
import { formatProblem } from '../../config/problems.js';
import { BUILTIN_PLUGINS } from '../../plugins/builtin/registry.js';
import { CONFIG_HELP, CONFIG_OPTION } from '../command.js';
import { configPaths } from '../config-paths.js';
import { EXIT_OK, EXIT_REFUSED } from '../exit-codes.js';
export const command = {
    usage: 'validate [-c FILE_OR_DIR...]',
    help: `
Checks the configuration as "octopus run" would read it and reports every problem at once on standard error, each as
file:line:column: message. Plugins of your own are imported, but nothing is started.

Options:
${CONFIG_HELP}
  -h, --help                   this text

Exit codes: 0 the configuration is fine (there may be warnings), 1 it is refused, 2 wrong usage
`,
    options: CONFIG_OPTION,
    positionals: { min: 0, max: 0 },
    run: validate,
};
async function validate(invocation) {
    const paths = configPaths(invocation, invocation.positionals);
    const result = await loadConfig({ paths, env: invocation.env, builtins: BUILTIN_PLUGINS });
    if (!result.ok) {
        const errors = result.problems.filter((problem) => problem.severity === 'error').length;
        for (const problem of result.problems)
            invocation.err(`${formatProblem(problem)}\n`);
        invocation.err(`refused: ${count(errors, 'error')}${warnings(result.problems.length - errors)}\n`);
        return EXIT_REFUSED;
    }
    for (const problem of result.warnings)
        invocation.err(`${formatProblem(problem)}\n`);
    for (const sentence of result.inactive)
        invocation.err(`note: ${sentence}\n`);
    const { routes, upstreams, plugins } = result.routeSet;
    const parts = [
        count(routes.length, 'route'),
        count(upstreams.length, 'upstream'),
        count(plugins.length, 'plugin'),
    ];
    invocation.out(`valid: ${parts.join(', ')}${warnings(result.warnings.length)}\n`);
    return EXIT_OK;
}
function warnings(number) {
    return number === 0 ? '' : `, ${count(number, 'warning')}`;
}
function count(number, what) {
    return `${number} ${what}${number === 1 ? '' : 's'}`;
}
//# sourceMappingURL=validate.js.map