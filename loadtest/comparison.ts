import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { CASES, type Case } from './cases.ts';
import { type Bench, Contender } from './contender.ts';
import { shapeOf } from './measure/load.ts';
import type { Options } from './options.ts';
import { originName, prepareOrigin } from './origin/origin.ts';
import type { FoundPeer } from './peers/all.ts';
import {
  type CaseResult,
  cpuMicros,
  type FixedRateRound,
  type ProxyResult,
  type Round,
  UNITS,
  type Unit,
} from './report/results.ts';
import { startServer } from './system/child.ts';
import { allowedCores, layOut } from './system/cores.ts';
import type { Environment } from './system/environment.ts';
import { freePort } from './system/ports.ts';
import { verifyOrigin } from './verify.ts';

export interface Comparison {
  readonly options: Options;
  readonly environment: Environment;
  readonly peers: readonly FoundPeer[];
  /** Folder with the wrk scripts. */
  readonly scripts: string;
  /** Scratch folder. */
  readonly directory: string;
  /** Called with a line of progress. */
  readonly say: (line: string) => void;
}

/** Runs one case with every peer that can do it. A peer that does not start is reported and left out. */
export async function runCase(scenario: Case, comparison: Comparison): Promise<CaseResult> {
  const { options, environment, say } = comparison;
  const directory = path.join(comparison.directory, scenario.name);
  mkdirSync(directory, { recursive: true });
  const layout = layOut(allowedCores(), scenario.workers);
  const originPort = await freePort();
  const originCommand = prepareOrigin(scenario.client, options.origin, directory, originPort);
  const origin = startServer(originCommand, layout.origin, path.join(directory, 'origin.log'));
  const bench = { scenario, layout, directory, originPort, scripts: comparison.scripts };
  const contenders: Contender[] = [];
  try {
    await verifyOrigin(origin, originPort, scenario);
    for (const found of peersOf(scenario, comparison)) await startOne(found, bench, contenders, say);
    const proxies =
      scenario.idleConnections > 0
        ? await inTurn(contenders, options)
        : await inRounds(contenders, scenario, comparison);
    return {
      name: scenario.name,
      title: scenario.title,
      environment,
      conditions: {
        ...shapeOf(scenario.client),
        ...(scenario.idleConnections > 0 ? { connections: scenario.idleConnections } : {}),
        unit: UNITS[scenario.client],
        rounds: options.rounds,
        seconds: options.seconds,
        workers: scenario.workers,
        origin: originName(scenario.client, options.origin),
        overlapping: layout.overlapping,
      },
      proxies,
    };
  } finally {
    for (const one of contenders) await one.stop();
    await origin.stop();
  }
}

function peersOf({ name }: Case, { peers, options: { sidePeers } }: Comparison): readonly FoundPeer[] {
  if (sidePeers.length === 0 || name === CASES[0]!.name) return peers;
  return peers.filter(({ peer }) => sidePeers.includes(peer.name));
}

async function startOne(
  found: FoundPeer,
  bench: Bench,
  started: Contender[],
  say: Comparison['say'],
): Promise<void> {
  try {
    const contender = await Contender.start(found, bench);
    if (contender) started.push(contender);
  } catch (error) {
    say(`  ${found.peer.name} is left out: ${(error as Error).message}`);
  }
}

async function inTurn(contenders: readonly Contender[], { restSeconds }: Options): Promise<ProxyResult[]> {
  const results: ProxyResult[] = [];
  for (const one of contenders) {
    await one.measureIdle(restSeconds);
    results.push(await one.finish());
  }
  return results;
}

/**
 * Every proxy once per round, every other round in reverse order: what changes on the machine while the case runs hits
 * all of them alike, and none always follows the same neighbour.
 */
async function inRounds(
  contenders: readonly Contender[],
  scenario: Case,
  { options, say }: Comparison,
): Promise<ProxyResult[]> {
  for (const one of contenders) await one.warmUp(options.warmUpSeconds, options.mostWarmUps);
  for (let round = 0; round < options.rounds; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const one of order)
      say(peakLine(one.name, await one.measure(options.seconds), UNITS[scenario.client]));
    if (!scenario.fixedRate || round >= options.fixedRateRounds) continue;
    for (const one of order) say(fixedRateLine(one.name, await one.measureFixedRate(options.seconds)));
  }
  const results: ProxyResult[] = [];
  for (const one of contenders) results.push(await one.finish());
  return results;
}

function peakLine(name: string, round: Round, unit: Unit): string {
  const rate = round.requestsPerSecond.toFixed(0).padStart(7);
  const errors = round.errors > 0 ? `, ${round.errors} errors` : '';
  return `  ${name.padEnd(12)} ${rate}/s  ${cpuMicros(round).toFixed(1).padStart(5)} µs CPU per ${unit}${errors}`;
}

function fixedRateLine(name: string, round: FixedRateRound): string {
  const rate = round.requestsPerSecond.toFixed(0).padStart(7);
  const errors = round.errors > 0 ? `, ${round.errors} errors` : '';
  return `  ${name.padEnd(12)} ${rate}/s  p50 ${round.p50.toFixed(2)} ms, p99 ${round.p99.toFixed(2)} ms${errors}`;
}
