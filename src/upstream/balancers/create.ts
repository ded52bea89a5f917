import type { LoadBalance, Upstream } from '../../routing/model.ts';
import type { EndpointCells } from '../../shared/endpoint-cells.ts';
import type { UpstreamCells } from '../../shared/upstream-cells.ts';
import type { Candidates } from '../candidates.ts';
import type { Balancer } from './balancer.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { Ewma } from './ewma.ts';
import { LeastConnections } from './least-connections.ts';
import { Random } from './random.ts';
import { RoundRobin } from './round-robin.ts';
import { Turns } from './turns.ts';
import { TwoChoices } from './two-choices.ts';
import { Weighted } from './weighted.ts';

interface Parts {
  readonly record: Upstream;
  readonly candidates: Candidates;
  readonly endpoints: EndpointCells;
  readonly turns: Turns;
}

const BALANCERS: Readonly<Record<LoadBalance, (parts: Parts) => Balancer>> = {
  'round-robin': ({ turns }) => new RoundRobin(turns),
  weighted: ({ turns }) => new Weighted(turns),
  random: () => new Random(),
  'two-choices': ({ endpoints }) => new TwoChoices(endpoints),
  ewma: ({ endpoints }) => new Ewma(endpoints),
  'consistent-hash': ({ record, candidates }) =>
    new ConsistentHash(record.hashOn ?? { kind: 'client_ip', name: '' }, candidates),
  'least-connections': ({ endpoints, turns, candidates }) =>
    new LeastConnections(endpoints, turns, candidates),
};

export function createBalancer(
  record: Upstream,
  candidates: Candidates,
  endpoints: EndpointCells,
  upstreams: UpstreamCells,
): Balancer {
  const turns = new Turns(upstreams, record.slot);
  return BALANCERS[record.loadBalance]({ record, candidates, endpoints, turns });
}
