/** What every discovery backend must do, whatever it is: one suite, run against each. */
import assert from 'node:assert/strict';
import { availableParallelism, loadavg } from 'node:os';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Pace } from '../../src/discovery/pace.ts';
import type { Provider } from '../../src/discovery/provider.ts';
import { RecordingSink } from './recording-sink.ts';

/** An instance as a test registers it. Backends that cannot hold a field leave it out. */
export interface TestInstance {
  readonly service: string;
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A running backend and the hand that changes it. */
export interface Stage {
  /** A new provider for it, not yet started. `services` are those it will be about, for backends that must be told. */
  provider(pace: Partial<Pace>, services: readonly string[]): Provider;
  /** Registers the instances, or changes them. */
  put(...instances: readonly TestInstance[]): Promise<void>;
  remove(instance: TestInstance): Promise<void>;
  /** Registrations that cannot be used, each in its way. @returns how many of them must be refused at least */
  putGarbage(): Promise<number>;
  /** Gone for the provider, while the test can go on changing it. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface StageTraits {
  readonly name: string;
  readonly open: () => Promise<Stage | { readonly missing: string }>;
  /** Whether instances have ids and metadata of their own; without, tests tell them by their address. Default true. */
  readonly hasMetadata?: boolean;
  /** Whether there is a server that can be away. Default true. */
  readonly canBeAway?: boolean;
  /** Milliseconds that pass by nature before a change is seen: a TTL, a poll. Default 0. */
  readonly latency?: number;
}

/** A minute of absence in a second and a half: everything about time is 40 times as fast. */
const PACE: Partial<Pace> = { firstRetry: 20, longestRetry: 400, steady: 300, syncTimeout: 10_000 };
const AWAY = 1_500;
/** 1,000 in the soak run, which is what is promised. */
const MANY_SERVICES = process.env['OCTOPUS_SOAK'] ? 1_000 : 200;
const MANY_INSTANCES = 5;
const MANY = Array.from({ length: MANY_SERVICES }, (_, number) => `many-${number}`);
/** What is promised holds on a machine that has nothing else to do; `npm run test:soak` holds us to it. */
const SLACK = process.env['OCTOPUS_SOAK'] ? 1 : 5;
const SYNC_LIMIT = 5_000 * SLACK;
const CHANGE_LIMIT = 200 * SLACK;
const MEMORY_LIMIT = 200;

export function providerSuite({
  name,
  open,
  hasMetadata = true,
  canBeAway = true,
  latency = 0,
}: StageTraits): void {
  describe(`discovery: ${name}`, () => {
    let stage: Stage | null = null;
    let missing = '';
    const running: Provider[] = [];

    before(async () => {
      const opened = await open();
      if ('missing' in opened) missing = opened.missing;
      else stage = opened;
    });
    after(async () => {
      await Promise.all(running.map((provider) => provider.close()));
      await stage?.stop();
    });

    /** A test with a started provider of its own. */
    const test = (
      title: string,
      services: readonly string[],
      run: (at: Stage, sink: RecordingSink, provider: Provider, context: TestContext) => Promise<void>,
    ): void => {
      it(title, { timeout: 120_000 }, async (context) => {
        if (stage === null) return context.skip(missing);
        const sink = new RecordingSink();
        const provider = stage.provider(PACE, services);
        running.push(provider);
        provider.start(sink);
        try {
          await sink.until(() => sink.list !== null, 'the first list');
          await run(stage, sink, provider, context);
        } finally {
          await provider.close();
        }
      });
    };

    test('an instance appears, changes and vanishes', ['orders'], async (at, sink) => {
      const one = instanceOf('orders', 1);
      const other = instanceOf('orders', 2);
      await at.put(one);
      await sink.until(() => sink.of('orders').length === 1, 'the first instance');
      const [seen] = sink.of('orders');
      assert.equal(seen!.host, one.host);
      assert.equal(seen!.port, one.port);
      assert.equal(seen!.status, 'healthy');
      assert.equal(seen!.weight, 100);
      if (hasMetadata) {
        assert.equal(seen!.id, one.id);
        assert.equal(seen!.metadata['farp.enabled'], 'true');
      }

      await at.put(other);
      await sink.until(() => sink.of('orders').length === 2, 'the second instance');
      const moved = { ...one, port: 9_999, metadata: { ...one.metadata, color: 'blue' } };
      await at.put(moved);
      await sink.until(() => sink.of('orders').some(({ port }) => port === 9_999), 'the change');
      if (hasMetadata) assert.equal(sink.find('orders', one.id)!.metadata['color'], 'blue');

      await at.remove(moved);
      await sink.until(() => sink.of('orders').length === 1, 'one to vanish');
      assert.equal(sink.of('orders')[0]!.port, other.port);
      await at.remove(other);
      await sink.until(() => sink.of('orders').length === 0, 'the service to vanish');
      assert.deepEqual(sink.failures, []);
    });

    test(
      'an instance that flaps 100 times disturbs no other, and its last state counts',
      ['steady', 'flapping'],
      async (at, sink) => {
        const steady = instanceOf('steady', 1);
        const flapping = instanceOf('flapping', 1);
        await at.put(steady);
        await sink.until(() => sink.of('steady').length === 1, 'the steady one');
        let disturbed = 0;
        const publish = sink.publish.bind(sink);
        sink.publish = (list) => {
          publish(list);
          if (sink.of('steady').length !== 1) disturbed++;
        };
        const startedAt = performance.now();
        const publicationsBefore = sink.publications;
        for (let times = 0; times < 100; times++) {
          await at.put(flapping);
          await at.remove(flapping);
        }
        await at.put(flapping);
        await sink.until(() => sink.of('flapping').length === 1, 'the last state');
        // Lists are told at most every 100 ms: what the gateway has to do does not grow with the flapping.
        const allowed = (performance.now() - startedAt) / 100 + 3;
        const publications = sink.publications - publicationsBefore;
        assert.ok(publications <= allowed, `${publications} lists, ${Math.floor(allowed)} allowed`);
        assert.equal(disturbed, 0);
        assert.deepEqual(sink.failures, []);
        await at.remove(flapping);
        await at.remove(steady);
        await sink.until(() => sink.of('steady').length + sink.of('flapping').length === 0, 'both to vanish');
      },
    );

    if (canBeAway) {
      test(
        'a backend that is away: the last state stays, tries get rarer, changes meanwhile are found',
        ['here', 'there'],
        async (at, sink) => {
          const before = instanceOf('here', 1);
          const during = instanceOf('there', 1);
          await at.put(before);
          await sink.until(() => sink.of('here').length === 1, 'the instance');
          const publications = sink.publications;
          await at.down();
          try {
            await sink.until(() => sink.stale, 'the failure to be told');
            await wait(AWAY);
            await at.put(during);
            assert.equal(sink.publications, publications, 'no list while it is away');
            assert.equal(sink.of('here').length, 1);
            assert.ok(sink.stale);
            const { failedAt } = sink;
            assert.ok(failedAt.length >= 2, `${failedAt.length} failures: it must try again`);
            // 20 ms doubling to 400 ms: about 8 tries in 1.5 s; without growing pauses there would be over 50.
            assert.ok(failedAt.length <= 20, `${failedAt.length} tries in ${AWAY} ms`);
          } finally {
            await at.up();
          }
          await sink.until(() => !sink.stale && sink.of('there').length === 1, 'what changed meanwhile');
          assert.equal(sink.of('here').length, 1);
          await at.remove(before);
          await at.remove(during);
          await sink.until(() => sink.of('here').length + sink.of('there').length === 0, 'both to vanish');
        },
      );
    }

    test('garbage is refused with a reason, once, and hurts nobody', ['good', 'bad'], async (at, sink) => {
      const good = instanceOf('good', 1);
      await at.put(good);
      const least = await at.putGarbage();
      await sink.until(() => sink.refusals.length >= least, `${least} refusals`);
      await sink.until(() => sink.of('good').length === 1, 'the good one');
      // Each change has the backend read again. `least` is a minimum: some have more to say, and say it a little later.
      for (const port of [4_444, 4_445]) {
        await at.put({ ...good, port });
        await sink.until(() => sink.of('good').some((instance) => instance.port === port), 'the change');
      }
      const told = sink.refusals.map(({ entry, reason }) => `${entry}: ${reason}`);
      for (const { entry, reason } of sink.refusals) assert.ok(entry !== '' && reason !== '');
      assert.deepEqual(told.toSorted(), [...new Set(told)].sort(), 'no refusal is told twice');
      assert.deepEqual(sink.failures, []);
    });

    test(
      `${MANY_SERVICES} services with ${MANY_INSTANCES} instances each`,
      MANY,
      async (at, first, follower, context) => {
        const all = Array.from({ length: MANY_SERVICES * MANY_INSTANCES }, (_, index) =>
          instanceOf(MANY[Math.floor(index / MANY_INSTANCES)]!, index % MANY_INSTANCES),
        );
        await at.put(...all);
        const count = (sink: RecordingSink): number =>
          sink.list?.filter(({ service }) => service.startsWith('many-')).length ?? 0;
        await first.until(() => count(first) === all.length, 'the watch to have followed', 40_000);
        await follower.close();
        // Its sockets end a little later, and would be counted against the other.
        await wait(200);

        const before = memoryInUse();
        const sink = new RecordingSink();
        const provider = at.provider({}, MANY);
        running.push(provider);
        const startedAt = performance.now();
        const processor = process.cpuUsage();
        provider.start(sink);
        await sink.until(() => count(sink) === all.length, 'the first list', 4 * SYNC_LIMIT);
        const sync = performance.now() - startedAt;
        const { user, system } = process.cpuUsage(processor);
        // Where others use the processors, what counts is the time that it took of them.
        const isShared = loadavg()[0]! > availableParallelism();
        const counted = isShared ? (user + system) / 1_000 : sync;
        assert.ok(counted <= SYNC_LIMIT, `the first list took ${counted} ms`);
        const memory = memoryInUse() - before;

        const changes: number[] = [];
        for (let round = 0; round < (latency > 0 ? 2 : 5); round++) {
          const changed = { ...all[all.length / 2]!, port: 20_000 + round };
          const changedAt = performance.now();
          await at.put(changed);
          const wanted = (): boolean =>
            sink.of(changed.service).some(({ port, host }) => port === changed.port && host === changed.host);
          await sink.until(wanted, 'the change');
          changes.push(performance.now() - changedAt);
        }
        context.diagnostic(
          `first list after ${sync.toFixed()} ms, ${memory.toFixed(1)} MB; changes seen after ${changes.map((one) => one.toFixed()).join(', ')} ms`,
        );
        // The best of them: the machine of the test is not alone in the world.
        assert.ok(
          Math.min(...changes) <= CHANGE_LIMIT + latency,
          `changes seen after ${changes.join(', ')} ms`,
        );
        assert.ok(memory <= MEMORY_LIMIT, `${memory} MB`);
        await provider.close();
      },
    );
  });
}

export function instanceOf(service: string, number: number): TestInstance {
  return {
    service,
    id: `${service}-${number}`,
    host: `10.1.${service.length}.${number + 1}`,
    port: 8_000 + number,
    metadata: { 'farp.enabled': 'true', 'farp.manifest': `http://10.1.0.${number + 1}/_farp/manifest` },
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Megabytes of this process that are in use. */
function memoryInUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}
