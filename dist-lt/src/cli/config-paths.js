/** Where the configuration is. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './command.js';
const DEFAULT_PATHS = ['octopus.yaml', '/etc/octopus'];
/**
 * The paths given with `-c`, else `$OCTOPUS_CONFIG` (several separated by `:`), else the first default that is there.
 *
 * @param positionals what followed the paths without an option of its own
 * @throws UsageError when there is none
 */
export function configPaths({ values, env }, positionals = []) {
    const given = (values['config'] ?? []);
    if (given.length > 0)
        return [...given, ...positionals];
    const fromEnvironment = (env['OCTOPUS_CONFIG'] ?? '').split(path.delimiter).filter((one) => one !== '');
    if (fromEnvironment.length > 0)
        return fromEnvironment;
    const found = DEFAULT_PATHS.find((one) => existsSync(one));
    if (found !== undefined)
        return [found];
    throw new UsageError('no configuration: neither ./octopus.yaml nor /etc/octopus/ is there; name one with -c FILE_OR_DIR');
}
//# sourceMappingURL=config-paths.js.map