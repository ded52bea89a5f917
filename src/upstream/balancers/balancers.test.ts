/** What every balancer must do, one table for all of them; what only one does follows below. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellBuffers, cellsOf, contextOf, upstreamOf } from '../../../test/support/upstream-records.ts';
import { runThreads, sumOf } from '../../../test/support/upstream-threads.ts';
import type { HashKey, LoadBalance, Upstream } from '../../routing/model.ts';
import { HEALTH_HEALTHY, HEALTH_UNHEALTHY } from '../../shared/endpoint-cells.ts';
import { UpstreamGroup } from '../group.ts';
import type { PickContext } from '../pick-context.ts';

const PICKS = 40_000;
const NOW = 1_000;

interface Case {
  readonly loadBalance: LoadBalance;
  /** Largest deviation of an idle endpoint's share from its weight, relative. Chance needs room, turns do not. */
  readonly tolerance: number;
}

const CASES: readonly Case[] = [
  { loadBalance: 'round-robin', tolerance: 0.002 },
  { loadBalance: 'weighted', tolerance: 0.002 },
  { loadBalance: 'random', tolerance: 0.06 },
  { loadBalance: 'two-choices', tolerance: 0.06 },
  { loadBalance: 'ewma', tolerance: 0.06 },
  { loadBalance: 'consistent-hash', tolerance: 0.06 },
  { loadBalance: 'least-connections', tolerance: 0.002 },
];

function groupOf(weights: readonly number[], parts: Partial<Upstream>) {
  const cells = cellsOf(cellBuffers());
  return { group: new UpstreamGroup(upstreamOf(weights, parts), cells.endpoints, cells.upstreams), ...cells };
}

/** Another client each time, so that hashing has something to hash. */
function clients(count: number): PickContext[] {
  return Array.from({ length: count }, (_, i) => contextOf({}, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`));
}
const CLIENTS = clients(PICKS);

function countPicks(group: UpstreamGroup, avoid: readonly number[] | null = null): number[] {
  const counts = group.record.endpoints.map(() => 0);
  for (const client of CLIENTS) counts[group.pick(client, avoid, NOW)]!++;
  return counts;
}

function assertShares(counts: readonly number[], weights: readonly number[], tolerance: number): void {
  const picks = counts.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  counts.forEach((count, index) => {
    const expected = (picks * weights[index]!) / total;
    assert.ok(
      Math.abs(count - expected) <= tolerance * expected,
      `endpoint ${index} got ${count} of ${picks} picks, expected ${expected}`,
    );
  });
}

for (const { loadBalance, tolerance } of CASES) {
  describe(`balancer ${loadBalance}`, () => {
    it('spreads evenly over equal endpoints', () => {
      const { group } = groupOf([1, 1, 1, 1, 1], { loadBalance });
      assertShares(countPicks(group), [1, 1, 1, 1, 1], tolerance);
    });

    it('respects weights', () => {
      const { group } = groupOf([1, 3, 6], { loadBalance });
      assertShares(countPicks(group), [1, 3, 6], tolerance);
    });

    it('spreads evenly over those that are available', () => {
      const { group, endpoints } = groupOf([1, 1, 1, 1], { loadBalance });
      endpoints.setHealth(1, HEALTH_UNHEALTHY);
      assertShares(countPicks(group), [1, 0, 1, 1], tolerance);
      endpoints.setHealth(1, HEALTH_HEALTHY);
      assertShares(countPicks(group), [1, 1, 1, 1], tolerance);
    });

    it('gives nothing to weight 0', () => {
      const { group } = groupOf([1, 0, 2], { loadBalance });
      assertShares(countPicks(group), [1, 0, 2], tolerance);
    });

    it('finds the only one', () => {
      const { group } = groupOf([7], { loadBalance });
      assert.equal(group.pick(contextOf(), null, NOW), 0);
    });

    it('answers -1 when none is available', () => {
      const { group, endpoints } = groupOf([1, 1, 0], { loadBalance });
      endpoints.setHealth(0, HEALTH_UNHEALTHY);
      endpoints.setHealth(1, HEALTH_UNHEALTHY);
      assert.equal(group.pick(contextOf(), null, NOW), -1);
      assert.equal(group.pick(contextOf(), [0], NOW), -1);
      assert.equal(groupOf([], { loadBalance }).group.pick(contextOf(), null, NOW), -1);
    });

    it('retries at the endpoint tried longest ago when there is no other', () => {
      const { group } = groupOf([1, 1, 1], { loadBalance });
      assert.deepEqual(countPicks(group, [2, 0, 1]), [0, 0, PICKS]);
      assert.deepEqual(countPicks(group, [2, 0, 1, 2]), [PICKS, 0, 0]);
      const { group: pair } = groupOf([1, 1], { loadBalance });
      assert.deepEqual(countPicks(pair, [0, 1, 0]), [0, PICKS]);
      const { group: single } = groupOf([1], { loadBalance });
      assert.deepEqual(countPicks(single, [0, 0]), [PICKS]);
    });

    it('retries at another endpoint while there is one', () => {
      const { group } = groupOf([1, 1, 1], { loadBalance });
      const counts = countPicks(group, [2]);
      assert.equal(counts[2], 0);
      assert.ok(counts[0]! > 0 && counts[1]! > 0, `retries are spread: ${counts}`);
      assert.equal(countPicks(group, [0, 1])[2], PICKS);
      assert.notEqual(group.pick(contextOf(), [0, 1, 2], NOW), -1);
    });

    it('keeps first tries even while retries are mixed in', () => {
      const { group } = groupOf([1, 1], { loadBalance });
      const first = [0, 0];
      for (const client of CLIENTS) {
        const index = group.pick(client, null, NOW);
        first[index]!++;
        if (index === 0) group.pick(client, [0], NOW);
      }
      assertShares(first, [1, 1], tolerance);
    });
  });
}

describe('turns across threads', () => {
  for (const loadBalance of ['round-robin', 'least-connections'] as const) {
    it(`${loadBalance}: 4 threads share 2 endpoints within 1%`, async () => {
      const record = upstreamOf([1, 1], { loadBalance });
      const counts = sumOf(await runThreads(4, cellBuffers(), record, { kind: 'pick', times: 100_000 }));
      assert.deepEqual(counts, [200_000, 200_000]);
    });
  }

  it('weighted: 4 threads keep the shares', async () => {
    const record = upstreamOf([1, 3, 6, 90], { loadBalance: 'weighted' });
    const counts = sumOf(await runThreads(4, cellBuffers(), record, { kind: 'pick', times: 100_000 }));
    assertShares(counts, [1, 3, 6, 90], 0.001);
  });

  it('weighted: no burst, any 100 turns in a row are within 2 of the shares', () => {
    const { group } = groupOf([1, 3, 6], { loadBalance: 'weighted' });
    for (let block = 0; block < 100; block++) {
      const counts = [0, 0, 0];
      for (let i = 0; i < 100; i++) counts[group.pick(contextOf(), null, NOW)]!++;
      assert.ok(
        Math.abs(counts[0]! - 10) <= 2 && Math.abs(counts[1]! - 30) <= 2,
        `block ${block}: ${counts}`,
      );
    }
  });
});

describe('load', () => {
  it('least-connections counts the requests of all workers, per weight', () => {
    const buffers = cellBuffers();
    const record = upstreamOf([1, 4], { loadBalance: 'least-connections' });
    const mine = cellsOf(buffers, 0);
    const other = cellsOf(buffers, 5);
    const group = new UpstreamGroup(record, mine.endpoints, mine.upstreams);
    for (let i = 0; i < 3; i++) other.endpoints.begin(1);
    mine.endpoints.begin(0);
    assert.equal(group.pick(contextOf(), null, NOW), 1, '1/1 against 3/4');
    for (let i = 0; i < 2; i++) other.endpoints.begin(1);
    assert.equal(group.pick(contextOf(), null, NOW), 0, '1/1 against 5/4');
  });

  it('two-choices takes the less busy one of two', () => {
    const { group, endpoints } = groupOf([1, 1], { loadBalance: 'two-choices' });
    endpoints.begin(0);
    assert.deepEqual(countPicks(group), [0, PICKS]);
  });

  it('ewma avoids the slow one, and comes back when its latency has faded', () => {
    const { group } = groupOf([1, 1], { loadBalance: 'ewma' });
    group.succeeded(0, 500, NOW);
    group.succeeded(1, 5, NOW);
    assert.deepEqual(countPicks(group), [0, PICKS]);
    // The fast one goes on answering in 5 ms; the memory of the slow one fades below that.
    for (let now = NOW; now <= NOW + 60_000; now += 500) group.succeeded(1, 5, now);
    assert.equal(group.pick(contextOf(), null, NOW + 60_000), 0);
  });

  it('ewma does not take an endpoint that fails at once for a fast one', () => {
    const { group } = groupOf([1, 1], { loadBalance: 'ewma' });
    group.succeeded(0, 20, NOW);
    group.failed(1, NOW);
    assert.deepEqual(countPicks(group), [PICKS, 0]);
  });

  it('ewma sends one request, not all, to an endpoint it knows nothing about', () => {
    const { group, endpoints } = groupOf([1, 1], { loadBalance: 'ewma' });
    group.succeeded(0, 20, NOW);
    assert.equal(group.pick(contextOf(), null, NOW), 1);
    endpoints.begin(1);
    assert.equal(group.pick(contextOf(), null, NOW), 0);
  });
});

describe('consistent-hash', () => {
  const loadBalance = 'consistent-hash';

  function placement(group: UpstreamGroup): number[] {
    return CLIENTS.map((client) => group.pick(client, null, NOW));
  }

  for (const weights of [
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    [1, 2, 3, 4, 5, 5, 5, 5, 5, 5],
  ]) {
    it(`only the keys of the endpoint that leaves move, and come back with it (weights ${weights})`, () => {
      const { group, endpoints } = groupOf(weights, { loadBalance });
      const before = placement(group);
      endpoints.setHealth(3, HEALTH_UNHEALTHY);
      const without = placement(group);
      const moved = before.filter((index, at) => index !== without[at]).length;
      assert.equal(moved, before.filter((index) => index === 3).length, 'no other key moves');
      const share = weights[3]! / weights.reduce((sum, weight) => sum + weight, 0);
      assert.ok(Math.abs(moved / PICKS - share) < 0.1 * share, `${moved} of ${PICKS} moved`);
      endpoints.setHealth(3, HEALTH_HEALTHY);
      assert.deepEqual(placement(group), before);
    });
  }

  it('the keys of an endpoint that leaves spread over all others', () => {
    const { group, endpoints } = groupOf([1, 1, 1, 1, 1], { loadBalance });
    const before = placement(group);
    endpoints.setHealth(2, HEALTH_UNHEALTHY);
    const without = placement(group);
    const heirs = [0, 0, 0, 0, 0];
    before.forEach((index, at) => {
      if (index === 2) heirs[without[at]!]!++;
    });
    assertShares(heirs, [1, 1, 0, 1, 1], 0.1);
  });

  it('does not depend on the order or number of the other endpoints, nor on the slots', () => {
    const all = groupOf([1, 1, 1, 1], { loadBalance });
    const record = upstreamOf([1, 1, 1, 1], { loadBalance });
    const shuffled = [2, 0, 3].map((index, slot) => ({ ...record.endpoints[index]!, slot: 40 + slot }));
    const fewer = groupOf([], { loadBalance, endpoints: shuffled });
    for (const client of CLIENTS.slice(0, 2_000)) {
      const index = all.group.pick(client, null, NOW);
      if (index === 1) continue;
      assert.equal(shuffled[fewer.group.pick(client, null, NOW)]!.address, record.endpoints[index]!.address);
    }
  });

  const KEYS: readonly { hashOn: HashKey; same: PickContext[]; missing: PickContext }[] = [
    {
      hashOn: { kind: 'client_ip', name: '' },
      same: [contextOf({}, '192.0.2.9', '/a'), contextOf({ 'x-user': 'b' }, '192.0.2.9', '/b')],
      missing: contextOf(),
    },
    {
      hashOn: { kind: 'header', name: 'x-user' },
      same: [contextOf({ 'x-user': 'anna' }, '192.0.2.9'), contextOf({ 'x-user': 'anna' }, '192.0.2.10')],
      missing: contextOf({ 'x-user': '' }),
    },
    {
      hashOn: { kind: 'cookie', name: 'sid' },
      same: [
        contextOf({ cookie: 'a=1; sid=7; b=2' }, '192.0.2.9'),
        contextOf({ cookie: 'sid="7"' }, '192.0.2.10'),
      ],
      missing: contextOf({ cookie: 'xsid=7; sidx=7' }),
    },
    {
      hashOn: { kind: 'path', name: '' },
      same: [contextOf({}, '192.0.2.9', '/file/1'), contextOf({}, '192.0.2.10', '/file/1')],
      missing: contextOf(),
    },
  ];
  for (const { hashOn, same, missing } of KEYS) {
    it(`hash_on ${hashOn.kind}`, () => {
      const weights = Array.from({ length: 50 }, () => 1);
      const { group } = groupOf(weights, { loadBalance, hashOn });
      assert.equal(group.pick(same[0]!, null, NOW), group.pick(same[1]!, null, NOW));
      if (hashOn.kind === 'path') return;
      const byAddress = groupOf(weights, { loadBalance, hashOn: { kind: 'client_ip', name: '' } }).group;
      assert.equal(
        group.pick(missing, null, NOW),
        byAddress.pick(missing, null, NOW),
        'falls back to client_ip',
      );
    });
  }
});
