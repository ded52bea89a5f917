import { ConsistentHash } from './consistent-hash.js';
import { Ewma } from './ewma.js';
import { LeastConnections } from './least-connections.js';
import { Random } from './random.js';
import { RoundRobin } from './round-robin.js';
import { Turns } from './turns.js';
import { TwoChoices } from './two-choices.js';
import { Weighted } from './weighted.js';
const BALANCERS = {
    'round-robin': ({ turns }) => new RoundRobin(turns),
    weighted: ({ turns }) => new Weighted(turns),
    random: () => new Random(),
    'two-choices': ({ endpoints }) => new TwoChoices(endpoints),
    ewma: ({ endpoints }) => new Ewma(endpoints),
    'consistent-hash': ({ record, candidates }) => new ConsistentHash(record.hashOn ?? { kind: 'client_ip', name: '' }, candidates),
    'least-connections': ({ endpoints, turns, candidates }) => new LeastConnections(endpoints, turns, candidates),
};
export function createBalancer(record, candidates, endpoints, upstreams) {
    const turns = new Turns(upstreams, record.slot);
    return BALANCERS[record.loadBalance]({ record, candidates, endpoints, turns });
}
//# sourceMappingURL=create.js.map