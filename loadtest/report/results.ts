/** The shape of loadtest/results/latest.json and docs/performance.json. */
import type { Client } from '../cases.ts';
import type { Environment } from '../system/environment.ts';

export interface Results {
  readonly cases: readonly CaseResult[];
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  /** Per case and not per file: published cases may come from several runs. */
  readonly environment: Environment;
  readonly conditions: Conditions;
  readonly proxies: readonly ProxyResult[];
}

/** What is counted. */
export type Unit = 'request' | 'call' | 'message';

export const UNITS: Readonly<Record<Client, Unit>> = {
  http1: 'request',
  http2: 'request',
  grpc: 'call',
  websocket: 'message',
};

export interface Conditions {
  readonly connections: number;
  /** Requests at once on each connection. */
  readonly streams: number;
  readonly unit: Unit;
  readonly rounds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly origin: string;
  /** The proxy had to share its cores with the load. */
  readonly overlapping: boolean;
}

export interface ProxyResult {
  readonly name: string;
  readonly version: string;
  readonly rounds: readonly Round[];
  readonly fixedRate: readonly FixedRateRound[];
  /** Bytes after the last round, or before and with the open connections in an idle case. */
  readonly memory: { readonly resident: number; readonly withConnections: number | null };
  /** How many requests each worker served, where the proxy tells. */
  readonly workerRequests?: readonly number[];
}

/** One measurement at peak. Latencies are milliseconds. */
export interface Round {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** CPU time of the whole proxy, microseconds per request. */
  readonly userMicros: number;
  readonly systemMicros: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly errors: number;
  /** Share of its cores that the proxy used: below about 0.9 the load or the origin was the limit. */
  readonly busy: number;
  /** Cores used by processes outside of the comparison. */
  readonly foreignCores: number;
}

/** One measurement at half of the proxy's own peak, from the time each request was due. */
export interface FixedRateRound {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p80: number;
  readonly p99: number;
  readonly p999: number;
  readonly errors: number;
  readonly generatorLag: number;
}

export const REFERENCE = 'nginx';

export function cpuMicros(round: Round): number {
  return round.userMicros + round.systemMicros;
}
