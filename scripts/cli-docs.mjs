// Writes docs/cli.md from the help of the commands; with --check only says whether it is up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './fresh.mjs';

const target = path.join(root, 'docs', 'cli.md');
const built = ensureBuilt('.build-check');
const names = ['run', 'validate', 'routes', 'explain', 'schema', 'version'];
const sections = [];
for (const name of names) {
  const { command } = await import(pathToFileURL(path.join(built, 'src', 'cli', 'commands', `${name}.js`)));
  sections.push(`## octopus ${name}

\`\`\`text
Usage: octopus ${command.usage}

${command.help.trim()}
\`\`\`
`);
}

const text = `<!-- Generated from src/cli/commands by scripts/cli-docs.mjs; do not edit. -->
# The octopus command

\`octopus\` without a command is \`octopus run\`. \`octopus COMMAND --help\` shows what stands here. What was asked for goes to
standard output, what went wrong to standard error. Unknown options and commands are errors.

| exit code | meaning |
| --- | --- |
| 0 | Done; for \`run\`: stopped by SIGTERM or SIGINT. |
| 1 | The configuration is refused; for \`explain\`: no route takes the request; or an unexpected failure. |
| 2 | Wrong usage: an unknown command or option, or one without its value. |
| 3 | \`run\` cannot start although the configuration is fine: a port is in use, a permission is missing. |
| 130, 143 | \`run\` was cut short by a second SIGINT or SIGTERM while it finished what was in flight. |

The configuration: \`-c\` names files and directories, which are merged in that order (\`-c base.yaml -c routes/\` or
\`-c base.yaml routes/\`); of a directory all \`*.yaml\`, \`*.yml\` and \`*.json\` in order of name. See
[configuration.md](configuration.md).

${sections.join('\n')}`;

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
  console.error('docs/cli.md is out of step with src/cli/commands; run: node scripts/cli-docs.mjs');
  process.exit(1);
}
