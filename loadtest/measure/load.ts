/** The load of a case at peak, whatever generates it. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Case, type Client, isHttp2, SMALL_JSON } from '../cases.ts';
import type { CoreLayout } from '../system/cores.ts';
import { runH2load } from './h2load.ts';
import { runWebSocketLoad } from './websocket-load.ts';
import { runWrk } from './wrk.ts';

/** Requests that are in flight at any time, over all connections. */
export const CONCURRENCY = 64;
/** How they share connections in HTTP/2. Browsers and gRPC clients open few and have many requests on each. */
const STREAMS = 8;

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Answers that were not 2xx or 3xx, and connections that failed. */
  readonly errors: number;
  /** Milliseconds, closed loop: each request is sent when the one before it has its answer. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface Load {
  readonly scenario: Case;
  readonly port: number;
  readonly seconds: number;
  readonly layout: CoreLayout;
  /** Folder with the wrk scripts. */
  readonly scripts: string;
  /** Scratch folder. */
  readonly directory: string;
}

/** Connections that carry the load, and requests at once on each. */
export function shapeOf(client: Client): { connections: number; streams: number } {
  const streams = isHttp2({ client }) ? STREAMS : 1;
  return { connections: CONCURRENCY / streams, streams };
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const { scenario, port, seconds, layout } = load;
  const { client } = scenario;
  const url = `${scenario.tls ? 'https' : 'http'}://127.0.0.1:${port}${scenario.path}`;
  if (client === 'http1') {
    return await runWrk(
      {
        script: path.join(load.scripts, `${scenario.script}.lua`),
        scriptArgs: scenario.routes > 0 ? [String(scenario.routes)] : [],
        url,
        connections: CONCURRENCY,
        seconds,
      },
      layout,
    );
  }
  if (client === 'websocket') {
    const job = { port, path: scenario.path, message: SMALL_JSON, tunnels: CONCURRENCY, seconds };
    return await runWebSocketLoad(job, layout);
  }
  mkdirSync(load.directory, { recursive: true });
  return await runH2load(
    { url, ...shapeOf(client), seconds, grpc: client === 'grpc', directory: load.directory },
    layout,
  );
}
