/** The conformance corpus on the engine uws: every case ends as with the built-in engine, or as the list of refusals says. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { KNOWN_DIFFERENCES, KNOWN_REFUSALS, type KnownRefusal } from '../../src/engine/uws/known-refusals.ts';
import { corpusConfig, corpusOrigin } from '../support/corpus-gateway.ts';
import {
  checkCase,
  type Delivery,
  inParallel,
  type Observed,
  positions,
  runCase,
} from '../support/corpus-runner.ts';
import { idsOf, refusalOf } from '../support/engine-under-test.ts';
import { Failures, loopbackAddress } from '../support/failures.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import type { RecordingOrigin } from '../support/origin.ts';
import { HostileOrigin, runResponseCase } from '../support/response-runner.ts';
import { serves, withoutUws } from '../support/uws.ts';
import { REQUESTS, RESPONSES } from './corpus/all.ts';
import type { RequestCase } from './corpus/types.ts';

/** Silent refusals take ten to twelve seconds; all of them wait at the same time. */
const PATIENCE = 30_000;
/** Every so many places where a message is cut in two. */
const STRIDE = 17;
const IN_SOAK = process.env['OCTOPUS_SOAK'] !== undefined;
const options = { concurrency: 500, skip: IN_SOAK ? withoutUws() : 'only with OCTOPUS_SOAK=1' };
const different = new Set(KNOWN_DIFFERENCES.flatMap(idsOf));

describe('the corpus on the engine uws', options, () => {
  describe('requests', options, () => {
    let gateway: Gateway;
    let origin: RecordingOrigin;

    before(async () => {
      origin = await corpusOrigin();
      gateway = await startGateway(corpusConfig(origin.address), { args: ['--engine', 'uws'] });
    });

    after(async () => {
      assert.ok(await serves(gateway.port), 'it serves after all that');
      assert.deepEqual(origin.violations, []);
      await gateway.stop();
      await origin.close();
    });

    const run = (test: RequestCase, index: number, delivery: Delivery): Promise<Observed> =>
      runCase(gateway.port, origin, test, {
        delivery,
        patience: PATIENCE,
        localAddress: loopbackAddress(index),
      });

    for (const [index, test] of REQUESTS.entries()) {
      const refusal = refusalOf(test.id);
      if (refusal !== null) {
        it(`${test.id}: ${test.title}: refused, ${refusal.outcome}`, async () => {
          const start = performance.now();
          checkRefusal(test, refusal, await run(test, index, 'whole'), performance.now() - start);
        });
      } else if (different.has(test.id)) {
        it(`${test.id}: ${test.title}: served in another way`, async () => {
          const observed = await run(test, index, 'whole');
          assert.deepEqual(observed.statuses, [200]);
          assert.throws(() => checkCase(test, observed), 'the difference is gone: take it out of the list');
        });
      } else {
        it(`${test.id}: ${test.title}`, async () => checkCase(test, await run(test, index, 'whole')));
      }
    }

    it('in pieces every case ends as it should or is refused, and nothing is smuggled', async () => {
      const failures = new Failures();
      const cases = REQUESTS.filter(({ id }) => refusalOf(id)?.outcome !== 'silent' && !different.has(id));
      const runs = cases.flatMap((test, shift) => [
        { test, delivery: 'bytes' as const },
        ...positions(test.bytes)
          .filter((at) => (at + shift) % STRIDE === 0)
          .map((delivery) => ({ test, delivery })),
      ]);
      await inParallel(runs, 100, ({ test, delivery }, index) =>
        failures.attempt(test.id, `delivery ${delivery}`, async () => {
          const attempt = async (): Promise<void> => {
            const observed = await run(test, index, delivery);
            if (refusalOf(test.id) === null || !isRefused(test, observed)) checkCase(test, observed);
          };
          // µWS has a clock of its own, of four seconds: a hundred connections at once on a busy machine can be late.
          await attempt().catch(attempt);
        }),
      );
      failures.check();
    });
  });

  describe('responses', options, () => {
    let gateway: Gateway;
    let origin: HostileOrigin;

    before(async () => {
      origin = await new HostileOrigin(RESPONSES).listen();
      gateway = await startGateway(corpusConfig(origin.address), { args: ['--engine', 'uws'] });
    });

    after(async () => {
      assert.deepEqual(origin.failures, []);
      await gateway.stop();
      await origin.close();
    });

    for (const [index, test] of RESPONSES.entries()) {
      const run = () => runResponseCase(gateway.port, test, index, 'whole', loopbackAddress(index));
      if (!different.has(test.id)) it(`${test.id}: ${test.title}`, run);
      else it(`${test.id}: ${test.title}: in another way`, () => assert.rejects(run, assert.AssertionError));
    }

    it('in pieces: same outcome', async () => {
      const failures = new Failures();
      const runs = [...RESPONSES.entries()]
        .filter(([, test]) => test.wholeOnly !== true && !different.has(test.id))
        .flatMap(([index, test]) =>
          positions(test.bytes)
            .filter((at) => (at + index) % STRIDE === 0)
            .map((delivery) => ({ test, index, delivery })),
        );
      await inParallel(runs, 60, ({ test, index, delivery }, at) =>
        failures.attempt(test.id, `split at ${delivery}`, () =>
          runResponseCase(gateway.port, test, index, delivery, loopbackAddress(at)),
        ),
      );
      failures.check();
    });
  });
});

describe('the lists of the engine uws', { skip: options.skip }, () => {
  it('name every case once, and only cases that there are', () => {
    const listed = [...KNOWN_REFUSALS, ...KNOWN_DIFFERENCES].flatMap(idsOf);
    assert.equal(new Set(listed).size, listed.length);
    const known = new Set([...REQUESTS, ...RESPONSES].map(({ id }) => id));
    assert.deepEqual(
      listed.filter((id) => !known.has(id)),
      [],
    );
  });
});

function checkRefusal(test: RequestCase, { outcome }: KnownRefusal, observed: Observed, took: number): void {
  const context = `${outcome}: ${JSON.stringify({ ...observed, took })}`;
  assert.ok(isRefused(test, observed), context);
  if (typeof outcome === 'number') assert.equal(observed.statuses.at(-1), outcome, context);
  else assert.ok(!observed.statuses.some((status) => status >= 400), context);
  // µWebSockets.js gives a connection ten seconds, in steps of four.
  if (outcome === 'silent') assert.ok(took > 5_000, context);
}

/**
 * The connection was closed, all that was answered before are responses that the case calls for, and the origin got
 * nothing but the requests that it may get, in order.
 */
function isRefused(test: RequestCase, { fault, closed, responses, seen }: Observed): boolean {
  const { statuses, seen: allowed = [] } = test.expect;
  const last = responses.at(-1);
  const served = last !== undefined && last.status >= 400 ? responses.slice(0, -1) : responses;
  const complete = seen.filter((request) => request.complete);
  return (
    fault === '' &&
    closed &&
    served.every(({ status }, index) => [statuses[index]].flat().includes(status)) &&
    complete.length <= allowed.length &&
    complete.every(({ body, method }, index) => {
      const wanted = allowed[index]!;
      return (wanted.body ?? body) === body && (wanted.method ?? method) === method;
    })
  );
}
