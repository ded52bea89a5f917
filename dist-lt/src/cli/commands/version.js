import { packageVersion } from '../../control/version.js';
import { EXIT_OK } from '../exit-codes.js';
export const command = {
    usage: 'version',
    help: 'Prints the version of Octopus and of the Node.js that runs it.',
    options: {},
    positionals: { min: 0, max: 0 },
    async run({ out }) {
        out(`octopus ${packageVersion()} (node ${process.versions.node}, ${process.platform} ${process.arch})\n`);
        return EXIT_OK;
    },
};
//# sourceMappingURL=version.js.map