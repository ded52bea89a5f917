/** From rounds to one row per proxy: medians, and ratios to the reference. */
import { median, ratios, type Spread } from '../statistics.ts';
import { type CaseResult, cpuMicros, type ProxyResult, REFERENCE } from './results.ts';

export interface Row {
  readonly name: string;
  readonly version: string;
  readonly requestsPerSecond: number;
  readonly cpuMicros: number;
  readonly userMicros: number;
  readonly systemMicros: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly errors: number;
  readonly residentBytes: number;
  /** CPU per request over that of the reference in the same round; null for want of a reference. */
  readonly ratio: Spread | null;
  /** False: something else than the proxy was the limit in at least half of the rounds. */
  readonly saturated: boolean;
}

/** The rows of a case, the reference's included; none when the case was not measured under load. */
export function summarize(result: CaseResult): Row[] {
  if (result.proxies.every((proxy) => proxy.rounds.length === 0)) return [];
  const reference = result.proxies.find((proxy) => proxy.name === REFERENCE);
  return result.proxies.map((proxy) => summarizeProxy(proxy, reference));
}

function summarizeProxy(
  { name, version, rounds, memory }: ProxyResult,
  reference: ProxyResult | undefined,
): Row {
  return {
    name,
    version,
    requestsPerSecond: median(rounds.map((round) => round.requestsPerSecond)),
    cpuMicros: median(rounds.map(cpuMicros)),
    userMicros: median(rounds.map((round) => round.userMicros)),
    systemMicros: median(rounds.map((round) => round.systemMicros)),
    p50: median(rounds.map((round) => round.p50)),
    p99: median(rounds.map((round) => round.p99)),
    p999: median(rounds.map((round) => round.p999)),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    residentBytes: memory.resident,
    ratio: reference ? ratios(rounds.map(cpuMicros), reference.rounds.map(cpuMicros)) : null,
    saturated: median(rounds.map((round) => round.busy)) >= 0.85,
  };
}

export interface FixedRateRow {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly errors: number;
}

export function summarizeFixedRate(result: CaseResult): FixedRateRow[] {
  return result.proxies
    .filter((proxy) => proxy.fixedRate.length > 0)
    .map(({ name, fixedRate }) => ({
      name,
      requestsPerSecond: median(fixedRate.map((round) => round.requestsPerSecond)),
      p50: median(fixedRate.map((round) => round.p50)),
      p99: median(fixedRate.map((round) => round.p99)),
      p999: median(fixedRate.map((round) => round.p999)),
      errors: fixedRate.reduce((sum, round) => sum + round.errors, 0),
    }));
}

/** The noisiest moment of a case, in cores. */
export function foreignCoresIn(result: CaseResult): number {
  return Math.max(0, ...result.proxies.flatMap((proxy) => proxy.rounds.map((round) => round.foreignCores)));
}
