/** Shared and ordinary connections read responses with different code; it must come to the same. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSES } from '../../../../test/conformance/corpus/all.ts';
import type { ResponseCase } from '../../../../test/conformance/corpus/types.ts';
import { eventually } from '../../../../test/support/gateway.ts';
import { type OriginConnection, ScriptedOrigin } from '../../../../test/support/origin.ts';
import { callOn } from '../../../../test/support/upstream-calls.ts';
import { PLAIN } from '../connector.ts';
import type { UpstreamPool } from '../upstream-pool.ts';
import { PipelinedPool } from './pipelined-pool.ts';
import { H1Pool } from './pool.ts';

type Delivery = 'whole' | 'bytes';

const RUNS_AT_ONCE = 30;
const SETTLE_MS = 60;

let origin: ScriptedOrigin;
/** Runs whose bytes have all been sent. */
const sent = new Set<string>();

before(async () => {
  origin = await new ScriptedOrigin(async (connection) => {
    const request = await connection.request(24 * 3_600_000);
    if (request === null) return connection.end();
    const [, index, delivery] = request.target.split('/');
    await deliver(connection, RESPONSES[Number(index)]!, delivery as Delivery);
    sent.add(request.target);
  }).listen();
});

after(() => origin.close());

async function deliver(
  connection: OriginConnection,
  response: ResponseCase,
  delivery: Delivery,
): Promise<void> {
  for (const piece of delivery === 'whole' ? [response.bytes] : response.bytes) {
    connection.write(piece);
    if (delivery === 'bytes') await new Promise((resolve) => setImmediate(resolve));
  }
  // A close must not overtake the bytes before it.
  await sleep(SETTLE_MS);
  if (response.after === 'close') connection.end();
  if (response.after === 'reset') connection.reset();
}

interface Outcome {
  readonly outcome: string;
  readonly status: number;
  readonly body: string;
  readonly trailers: string;
  readonly interim: readonly number[];
  /** The connection is kept for further requests. */
  readonly kept: boolean;
}

async function run(kind: 'shared' | 'own', index: number, delivery: Delivery): Promise<Outcome> {
  const { method = 'GET' } = RESPONSES[index]!;
  let open = 0;
  const observer = {
    connectionOpened: () => void open++,
    connectionClosed: () => void open--,
    pipeliningFellBack: () => {},
  };
  const dialer = { address: (host: string) => host, isCurrent: () => true, connector: PLAIN };
  const options = { max: 4, idleTimeout: 60_000, pipelining: 8 };
  const Pool = kind === 'shared' ? PipelinedPool : H1Pool;
  const pool: UpstreamPool = new Pool('127.0.0.1', origin.port, dialer, options, observer);
  const target = `/${index}/${delivery}/${kind}`;
  const call = callOn(pool, { method, target });
  await eventually(async () => sent.has(target), `the bytes of ${target}`);
  await sleep(SETTLE_MS);
  const { outcome, status, body, trailers, interim } = call;
  const result = { outcome, status, body, trailers, interim, kept: open > 0 };
  if (outcome === '') call.connection!.abandon(true);
  pool.close();
  return result;
}

/** A call on a shared connection that got nothing is repeated on one of its own, which then fails it. */
function afterRepetition(shared: Outcome, own: Outcome): Outcome {
  return shared.outcome === 'stale' && shared.status === 0 ? { ...shared, outcome: own.outcome } : shared;
}

for (const delivery of ['whole', 'bytes'] as const) {
  test(`${RESPONSES.length} responses come to the same, ${delivery}`, async () => {
    const indexes = [...RESPONSES.keys()].filter(
      (index) => delivery === 'whole' || !RESPONSES[index]!.wholeOnly,
    );
    while (indexes.length > 0) {
      await Promise.all(
        indexes.splice(0, RUNS_AT_ONCE).map(async (index) => {
          const own = await run('own', index, delivery);
          const shared = await run('shared', index, delivery);
          assert.deepEqual(afterRepetition(shared, own), own, RESPONSES[index]!.id);
          if (own.status === 0) assert.notEqual(shared.outcome, 'ended', RESPONSES[index]!.id);
        }),
      );
    }
  });
}
