#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { UsageError } from './command.js';
import { EXIT_OK, EXIT_REFUSED, EXIT_USAGE } from './exit-codes.js';
/** Loaded one by one: `octopus version` must not wait for a YAML parser. */
const COMMANDS = {
    run: { summary: 'start the gateway (the default command)', load: () => import('./commands/run.js') },
    validate: {
        summary: 'check the configuration and report every problem',
        load: () => import('./commands/validate.js'),
    },
    routes: { summary: 'list the routes of the configuration', load: () => import('./commands/routes.js') },
    explain: {
        summary: 'tell which route a request takes, and why not the others',
        load: () => import('./commands/explain.js'),
    },
    schema: {
        summary: 'print the JSON Schema of the configuration',
        load: () => import('./commands/schema.js'),
    },
    version: { summary: 'print the version', load: () => import('./commands/version.js') },
};
const HELP = `Octopus, an API gateway

Usage: octopus [COMMAND] [OPTIONS]

Commands:
${Object.entries(COMMANDS)
    .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
    .join('\n')}

Options:
  -h, --help     this text; after a command: its own
  -V, --version  print the version

Exit codes: 0 done, 1 configuration refused or unexpected failure, 2 wrong usage, 3 cannot start (port in use, …)
`;
/** A reader that closed the pipe (`octopus routes | head`) has seen enough. */
process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE')
        throw error;
    process.exit(EXIT_OK);
});
process.exitCode = await main(process.argv.slice(2));
async function main(argv) {
    const [first = ''] = argv;
    if (first === '--help' || first === '-h' || first === 'help') {
        const topic = argv[1] ?? '';
        if (topic === '')
            return print(HELP);
        return main([topic, '--help']);
    }
    if (first === '--version' || first === '-V')
        return main(['version']);
    const named = first !== '' && !first.startsWith('-');
    const name = named ? first : 'run';
    try {
        const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
        if (entry === undefined)
            throw new UsageError(await unknownCommand(name));
        const { command } = await entry.load();
        const invocation = await parse(name, command, named ? argv.slice(1) : argv);
        if (invocation === null)
            return print(`Usage: octopus ${command.usage}\n\n${command.help.trim()}\n`);
        return await command.run(invocation);
    }
    catch (error) {
        if (error instanceof UsageError) {
            const topic = Object.hasOwn(COMMANDS, name) && named ? `${name} ` : '';
            process.stderr.write(`octopus: ${error.message}\nSee: octopus ${topic}--help\n`);
            return EXIT_USAGE;
        }
        process.stderr.write(`octopus: ${error instanceof Error ? error.stack : String(error)}\n`);
        return EXIT_REFUSED;
    }
}
function print(text) {
    process.stdout.write(text);
    return EXIT_OK;
}
/** @returns null when help was asked for */
async function parse(name, command, args) {
    const options = { ...command.options, help: { type: 'boolean', short: 'h' } };
    const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
    for (const token of tokens) {
        if (token.kind !== 'option' || Object.hasOwn(options, token.name))
            continue;
        throw new UsageError(`unknown option ${token.rawName}${await didYouMean(token.name, options)}`);
    }
    const { values, positionals } = strictly(() => parseArgs({ args: [...args], options, allowPositionals: true }));
    if (values['help'] === true)
        return null;
    checkPositionals(name, command, positionals, values['config'] !== undefined);
    return {
        values,
        positionals,
        env: process.env,
        out: (text) => void process.stdout.write(text),
        err: (text) => void process.stderr.write(text),
    };
}
function strictly(action) {
    try {
        return action();
    }
    catch (error) {
        if (error.code?.startsWith('ERR_PARSE_ARGS') !== true)
            throw error;
        const [sentence = ''] = error.message.split('\n');
        throw new UsageError(sentence.charAt(0).toLowerCase() + sentence.slice(1));
    }
}
function checkPositionals(name, command, positionals, morePaths) {
    const { min, max } = command.positionals;
    if (positionals.length < min)
        throw new UsageError(`usage: octopus ${command.usage}`);
    if (positionals.length <= max)
        return;
    const extra = positionals[max] ?? '';
    if (Object.hasOwn(COMMANDS, extra))
        throw new UsageError(`the command comes first: octopus ${extra} …`);
    if (!morePaths)
        throw new UsageError(`unexpected argument "${extra}" after octopus ${name}`);
}
async function unknownCommand(name) {
    if (/\.(ya?ml|json)$|\//.test(name))
        return `unknown command "${name}"; did you mean: octopus run -c ${name}?`;
    const { closest } = await import('../config/suggest.js');
    const best = closest(name, Object.keys(COMMANDS));
    return `unknown command "${name}"${best === null ? '' : `; did you mean "${best}"?`}`;
}
async function didYouMean(name, options) {
    const { closest } = await import('../config/suggest.js');
    const best = closest(name, Object.keys(options));
    return best === null ? '' : `; did you mean --${best}?`;
}
//# sourceMappingURL=main.js.map