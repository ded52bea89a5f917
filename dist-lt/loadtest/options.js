import { parseArgs } from 'node:util';
import { CASES } from './cases.js';
export const HELP = `Usage: npm run loadtest -- [options]

  --quick            the main cases, short rounds, octopus nginx and haproxy only: about 2 minutes
  --cpu              only CPU per request of octopus beside nginx: about 30 seconds
  --cases a,b        only these cases (--list names them)
  --peers a,b        only these proxies: octopus nginx haproxy envoy caddy node-undici fastify
  --rounds N         rounds per case (default 3, quick 2)
  --seconds N        seconds per measurement, whole (default 3, quick 1)
  --origin NAME      nginx (default) or node, when there is no nginx
  --octopus FILE     measure this octopus command instead of building the working copy
  --publish          put the measured cases into docs/performance.{json,md} and its charts
  --render           write docs/performance.md and its charts again from docs/performance.json; measures nothing
  --list             name the cases
`;
/** @throws Error with one line to show when a flag is unknown or makes no sense. */
export function parseOptions(args) {
    const { values } = parseArgs({
        args: [...args],
        strict: true,
        options: {
            quick: { type: 'boolean', default: false },
            cpu: { type: 'boolean', default: false },
            render: { type: 'boolean', default: false },
            list: { type: 'boolean', default: false },
            help: { type: 'boolean', default: false },
            publish: { type: 'boolean', default: false },
            cases: { type: 'string', default: '' },
            peers: { type: 'string', default: '' },
            rounds: { type: 'string' },
            seconds: { type: 'string' },
            origin: { type: 'string', default: 'nginx' },
            octopus: { type: 'string', default: '' },
        },
    });
    const { quick, origin } = values;
    if (origin !== 'nginx' && origin !== 'node')
        throw new Error('--origin is nginx or node');
    const peers = names(values.peers);
    const rounds = count('--rounds', values.rounds ?? (values.cpu ? '5' : quick ? '2' : '3'));
    return {
        mode: values.help
            ? 'help'
            : values.list
                ? 'list'
                : values.render
                    ? 'render'
                    : values.cpu
                        ? 'cpu'
                        : 'compare',
        cases: chosenCases(names(values.cases), quick),
        peers: quick && peers.length === 0 ? ['octopus', 'nginx', 'haproxy'] : peers,
        rounds,
        fixedRateRounds: quick ? 1 : rounds,
        seconds: count('--seconds', values.seconds ?? (values.cpu ? '2' : quick ? '1' : '3')),
        warmUpSeconds: quick ? 1 : 2,
        mostWarmUps: quick ? 1 : 5,
        origin,
        octopus: values.octopus,
        publish: values.publish,
        quick,
    };
}
function names(list) {
    return list.split(',').filter((name) => name !== '');
}
function chosenCases(wanted, quick) {
    if (wanted.length === 0)
        return quick ? CASES.filter((one) => !one.onlyFull) : CASES;
    return wanted.map((name) => {
        const found = CASES.find((one) => one.name === name);
        if (!found)
            throw new Error(`--cases: no case is named ${name}; there are ${CASES.map((c) => c.name).join(' ')}`);
        return found;
    });
}
function count(flag, text) {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > 600)
        throw new Error(`${flag} is a whole number from 1 to 600`);
    return value;
}
//# sourceMappingURL=options.js.map