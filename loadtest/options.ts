import { parseArgs } from 'node:util';
import { CASES, type Case, EXTENTS, type Extent } from './cases.ts';

export interface Options {
  readonly mode: 'compare' | 'cpu' | 'render' | 'list' | 'help';
  readonly cases: readonly Case[];
  /** Names of peers; empty means every peer that is found. */
  readonly peers: readonly string[];
  /** In all cases but the first only these take part; empty means all. */
  readonly sidePeers: readonly string[];
  readonly rounds: number;
  /** Rounds of latency at a fixed rate, in the cases that have it. */
  readonly fixedRateRounds: number;
  /** Whole seconds of each measurement (wrk knows no fractions). */
  readonly seconds: number;
  /** Whole seconds of load before a proxy's first measurement: compilers and connection pools settle. */
  readonly warmUpSeconds: number;
  /** How often a second is added to the warm-up of a proxy that has served too few requests in it. */
  readonly mostWarmUps: number;
  /** Whole seconds of rest before memory is read: garbage collectors give back what they can do without. */
  readonly restSeconds: number;
  readonly origin: 'nginx' | 'node';
  /** `dist/src/cli/main.js` of the Octopus to measure; empty means the one just built. */
  readonly octopus: string;
  readonly publish: boolean;
  readonly quick: boolean;
}

export const HELP = `Usage: npm run loadtest -- [options]

  --quick            the main cases in short rounds, beside nginx: about 2 minutes
  --short            every case but routes-100k, beside nginx and haproxy, the first one beside all: about 10 minutes
  --cpu              only CPU per request of octopus beside nginx: about 30 seconds
  --cases a,b        only these cases (--list names them)
  --peers a,b        only these proxies: octopus octopus-uws nginx haproxy envoy caddy node-undici fastify
  --rounds N         rounds per case (default 3, quick 2)
  --seconds N        seconds per measurement, whole (default 3, short 2, quick 1)
  --origin NAME      nginx (default) or node, when there is no nginx
  --octopus FILE     measure this octopus command instead of building the working copy
  --publish          put the measured cases into docs/performance.{json,md} and its charts
  --render           write docs/performance.md and its charts again from docs/performance.json; measures nothing
  --list             name the cases
`;

/** @throws Error with one line to show when a flag is unknown or makes no sense. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      quick: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
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
  const { quick, short, origin } = values;
  if (quick && short) throw new Error('--quick and --short exclude each other');
  if (origin !== 'nginx' && origin !== 'node') throw new Error('--origin is nginx or node');
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
    cases: chosenCases(names(values.cases), quick ? 'quick' : short ? 'short' : 'full'),
    peers: quick && peers.length === 0 ? ['octopus', 'octopus-uws', 'nginx', 'haproxy'] : peers,
    sidePeers:
      peers.length > 0 ? [] : quick ? ['octopus', 'nginx'] : short ? ['octopus', 'nginx', 'haproxy'] : [],
    rounds,
    fixedRateRounds: quick ? 1 : rounds,
    seconds: count('--seconds', values.seconds ?? (values.cpu || short ? '2' : quick ? '1' : '3')),
    warmUpSeconds: quick ? 1 : 2,
    mostWarmUps: quick ? 2 : short ? 3 : 5,
    restSeconds: quick ? 1 : 10,
    origin,
    octopus: values.octopus,
    publish: values.publish,
    quick,
  };
}

function names(list: string): string[] {
  return list.split(',').filter((name) => name !== '');
}

function chosenCases(wanted: readonly string[], extent: Extent): readonly Case[] {
  if (wanted.length === 0) return CASES.filter((one) => EXTENTS.indexOf(one.from) <= EXTENTS.indexOf(extent));
  return wanted.map((name) => {
    const found = CASES.find((one) => one.name === name);
    if (!found)
      throw new Error(`--cases: no case is named ${name}; there are ${CASES.map((c) => c.name).join(' ')}`);
    return found;
  });
}

function count(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 600)
    throw new Error(`${flag} is a whole number from 1 to 600`);
  return value;
}
