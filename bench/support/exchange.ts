import { workerSettings } from '../../src/config/settings.ts';
import type { Downstream } from '../../src/engine/downstream.ts';
import { Exchange } from '../../src/engine/exchange.ts';
import { Peer } from '../../src/engine/peer.ts';
import { RequestHead } from '../../src/http/request-head.ts';
import type { WorkerSettings } from '../../src/shared/messages.ts';
import { loadYaml } from '../../test/support/config-files.ts';

/** What a worker gets when nothing is configured. */
export async function loadSettings(): Promise<WorkerSettings> {
  return { ...workerSettings((await loadYaml('routes: []')).config, '3f2a'), tls: null };
}

/** An exchange whose response goes nowhere. */
export function makeRequest(): Exchange {
  return new Exchange({} as Downstream, new RequestHead(), new Peer('203.0.113.7', 8080), 'http');
}
