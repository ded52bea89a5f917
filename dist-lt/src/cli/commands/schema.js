import { EXIT_OK } from '../exit-codes.js';
export const command = {
    usage: 'schema',
    help: `
Prints the JSON Schema (draft 2020-12) of the configuration. Editors use it to complete and check configuration files:

  octopus schema > octopus.schema.json
  # yaml-language-server: $schema=./octopus.schema.json    (first line of a YAML file)

Options:
  -h, --help  this text

Exit codes: 0 printed
`,
    options: {},
    positionals: { min: 0, max: 0 },
    async run({ out }) {
        const { configJsonSchema } = await import('../../config/json-schema.js');
        out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
        return EXIT_OK;
    },
};
//# sourceMappingURL=schema.js.map