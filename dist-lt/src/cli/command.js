/** `-c` may be repeated, and one `-c` may be followed by several paths. */
export const CONFIG_OPTION = { config: { type: 'string', short: 'c', multiple: true } };
export const CONFIG_HELP = `  -c, --config FILE_OR_DIR...  configuration files (YAML, JSON) and directories of them, merged in this order;
                               default: $OCTOPUS_CONFIG, ./octopus.yaml or /etc/octopus/, the first that is there`;
/** A call that makes no sense: printed with a pointer to `--help`, exit code 2. */
export class UsageError extends Error {
}
//# sourceMappingURL=command.js.map