import type { Downstream } from '../../src/engine/downstream.ts';
import { Exchange } from '../../src/engine/exchange.ts';
import { Peer } from '../../src/engine/peer.ts';
import { RequestHead } from '../../src/http/request-head.ts';

/** An exchange whose response goes nowhere. */
export function makeRequest(): Exchange {
  return new Exchange({} as Downstream, new RequestHead(), new Peer('203.0.113.7', 8080), 'http');
}
