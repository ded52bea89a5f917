/** Exit codes of the `octopus` command, documented in docs/cli.md. */
export const EXIT_OK = 0;
/** The configuration is refused, what was asked about is not there, or the gateway failed unexpectedly. */
export const EXIT_REFUSED = 1;
/** Unknown command or option, or one that lacks its value. */
export const EXIT_USAGE = 2;
/** The configuration is fine, but this machine does not let the gateway start: a port is in use, a permission lacks. */
export const EXIT_CANNOT_START = 3;
//# sourceMappingURL=exit-codes.js.map