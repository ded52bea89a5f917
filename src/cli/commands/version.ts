import { packageVersion } from '../../control/version.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';

export const command: Command = {
  usage: 'version',
  help: 'Prints the version of Octopus and of the Node.js that runs it.',
  options: {},
  positionals: { min: 0, max: 0 },
  async run({ out }) {
    out(`octopus ${packageVersion()} (node ${process.versions.node}, ${process.platform} ${process.arch})\n`);
    return EXIT_OK;
  },
};
