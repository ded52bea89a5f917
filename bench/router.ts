/**
 * Route lookup beside find-my-way, memoirist and rou3: nanoseconds and bytes per lookup, and what it costs to build a
 * table and to take it over in a worker.
 */
import FindMyWay from 'find-my-way';
import { Memoirist } from 'memoirist';
import { addRoute, createRouter, findRoute } from 'rou3';
import { compileSnapshot } from '../src/routing/compile.ts';
import { NO_FIELDS } from '../src/routing/predicates.ts';
import { Snapshot } from '../src/routing/snapshot.ts';
import { routeOf } from '../test/support/route-records.ts';
import { type Cost, measure, timed } from './support/measure.ts';
import { apiPaths } from './support/routes.ts';

const SIZES = [100, 10_000, 100_000];
/** Lookups cycle through this many paths, far apart in the table, so that a large table does not fit the caches. */
const PATHS = 4096;

const KINDS = ['static', 'param', 'miss'] as const;

type Lookup = (path: string) => unknown;

interface Candidate {
  readonly name: string;
  readonly buildMs: number;
  readonly lookup: Lookup;
  readonly isHit: (result: unknown) => boolean;
}

function octopus(patterns: readonly string[]): Candidate {
  const routes = patterns.map((path) => routeOf(path, { methods: ['GET'] }));
  const [{ buffer }, buildMs] = timed(() => compileSnapshot({ routes, upstreams: [], plugins: [] }, 1));
  const [snapshot, swapMs] = timed(() => new Snapshot(buffer));
  console.log(
    `  octopus: ${(buffer.byteLength / 1e6).toFixed(1)} MB snapshot, taken over in ${(swapMs * 1000).toFixed(0)} µs`,
  );
  return {
    name: 'octopus',
    buildMs,
    lookup: (path) => snapshot.find('api.example.com', path, 'GET', NO_FIELDS),
    isHit: (result) => (result as number) >= 0,
  };
}

/** What every figure contains beside the lookup. */
function cuttingOnly(): Candidate {
  return { name: '(cutting)', buildMs: 0, lookup: (path) => path, isHit: (result) => result !== null };
}

const colonStyle = (pattern: string) => pattern.replace(/\{(\w+)\}/g, ':$1');

function findMyWay(patterns: readonly string[]): Candidate {
  const [router, buildMs] = timed(() => {
    const router = FindMyWay();
    for (const pattern of patterns) router.on('GET', colonStyle(pattern), () => undefined);
    return router;
  });
  return {
    name: 'find-my-way',
    buildMs,
    lookup: (path) => router.find('GET', path),
    isHit: (result) => result !== null,
  };
}

function memoirist(patterns: readonly string[]): Candidate {
  const [router, buildMs] = timed(() => {
    const router = new Memoirist<number>();
    patterns.forEach((pattern, i) => {
      router.add('GET', colonStyle(pattern), i);
    });
    return router;
  });
  return {
    name: 'memoirist',
    buildMs,
    lookup: (path) => router.find('GET', path),
    isHit: (result) => result !== null,
  };
}

function rou3(patterns: readonly string[]): Candidate {
  const [router, buildMs] = timed(() => {
    const router = createRouter<number>();
    patterns.forEach((pattern, i) => {
      addRoute(router, 'GET', colonStyle(pattern), i);
    });
    return router;
  });
  return {
    name: 'rou3',
    buildMs,
    lookup: (path) => findRoute(router, 'GET', path),
    isHit: (result) => result !== undefined,
  };
}

interface Sample {
  readonly head: string;
  readonly pathEnd: number;
}

const PATH_START = 4;

function samples(patterns: readonly string[], kind: (typeof KINDS)[number]): Sample[] {
  const wanted = patterns.filter((pattern) => pattern.includes('{') === (kind === 'param'));
  return Array.from({ length: PATHS }, (_, i) => {
    // A prime step visits the table out of order.
    const pattern = wanted[(i * 7919) % wanted.length]!;
    const path = pattern.replace('{id}', `u-${i}`).replace('{item}', `${i * 31}`);
    const sent = kind === 'miss' ? `${path}/no/such/thing` : path;
    const head = `GET ${sent} HTTP/1.1\r\nHost: api.example.com\r\nAccept: */*\r\n\r\n`;
    return { head, pathEnd: PATH_START + sent.length };
  });
}

/**
 * Each lookup gets a path that was just cut out of a request head, as in the gateway: a string that was looked up
 * before has its hash cached, which flatters routers built on objects. The cost of cutting is in every figure.
 */
function costOf(lookup: Lookup, chosen: readonly Sample[]): Cost {
  return measure(
    (i) => {
      const { head, pathEnd } = chosen[i]!;
      return lookup(head.slice(PATH_START, pathEnd)) ?? null;
    },
    { operations: chosen.length },
  );
}

/** @returns nanoseconds per lookup, the mean of the kinds */
function report(candidate: Candidate, patterns: readonly string[]): number {
  let total = 0;
  const cells = KINDS.map((kind) => {
    const chosen = samples(patterns, kind);
    if (candidate.name !== '(cutting)') check(candidate, chosen, kind !== 'miss');
    const { ns, bytes } = costOf(candidate.lookup, chosen);
    total += ns;
    return `${kind} ${ns.toFixed(0).padStart(5)} ns ${bytes.toFixed(0).padStart(4)} B`;
  });
  const mean = `mean ${(total / KINDS.length).toFixed(0).padStart(5)} ns`;
  const build = `build ${candidate.buildMs.toFixed(0).padStart(5)} ms`;
  console.log(`  ${[candidate.name.padEnd(12), build, ...cells, mean].join('   ')}`);
  return total / KINDS.length;
}

function check({ name, lookup, isHit }: Candidate, chosen: readonly Sample[], hit: boolean): void {
  for (const { head, pathEnd } of chosen.slice(0, 50)) {
    const path = head.slice(PATH_START, pathEnd);
    if (isHit(lookup(path)) !== hit) throw new Error(`${name}: wrong answer for ${path}`);
  }
}

let slower = 0;
for (const size of SIZES) {
  const patterns = apiPaths(size);
  console.log(`\n${size} routes`);
  report(cuttingOnly(), patterns);
  const own = report(octopus(patterns), patterns);
  for (const make of [findMyWay, memoirist, rou3]) {
    const peer = make(patterns);
    if (report(peer, patterns) > own) continue;
    console.log(`  octopus is slower than ${peer.name}`);
    slower++;
  }
}
process.exitCode = slower > 0 ? 1 : 0;
