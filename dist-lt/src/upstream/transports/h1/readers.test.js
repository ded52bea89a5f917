/** Shared and ordinary connections read responses with different code; it must come to the same. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSES } from '../../../../test/conformance/corpus/all.js';
import { eventually } from '../../../../test/support/gateway.js';
import { ScriptedOrigin } from '../../../../test/support/origin.js';
import { callOn } from '../../../../test/support/upstream-calls.js';
import { PipelinedPool } from './pipelined-pool.js';
import { H1Pool } from './pool.js';
const RUNS_AT_ONCE = 30;
const SETTLE_MS = 60;
let origin;
/** Runs whose bytes have all been sent. */
const sent = new Set();
before(async () => {
    origin = await new ScriptedOrigin(async (connection) => {
        const request = await connection.request(24 * 3_600_000);
        if (request === null)
            return connection.end();
        const [, index, delivery] = request.target.split('/');
        await deliver(connection, RESPONSES[Number(index)], delivery);
        sent.add(request.target);
    }).listen();
});
after(() => origin.close());
async function deliver(connection, response, delivery) {
    for (const piece of delivery === 'whole' ? [response.bytes] : response.bytes) {
        connection.write(piece);
        if (delivery === 'bytes')
            await new Promise((resolve) => setImmediate(resolve));
    }
    // A close must not overtake the bytes before it.
    await sleep(SETTLE_MS);
    if (response.after === 'close')
        connection.end();
    if (response.after === 'reset')
        connection.reset();
}
async function run(kind, index, delivery) {
    const { method = 'GET' } = RESPONSES[index];
    let open = 0;
    const observer = {
        connectionOpened: () => void open++,
        connectionClosed: () => void open--,
        pipeliningFellBack: () => { },
    };
    const dialer = { address: (host) => host, isCurrent: () => true };
    const options = { max: 4, idleTimeout: 60_000, pipelining: 8 };
    const Pool = kind === 'shared' ? PipelinedPool : H1Pool;
    const pool = new Pool('127.0.0.1', origin.port, dialer, options, observer);
    const target = `/${index}/${delivery}/${kind}`;
    const call = callOn(pool, { method, target });
    await eventually(async () => sent.has(target), `the bytes of ${target}`);
    await sleep(SETTLE_MS);
    const { outcome, status, body, trailers, interim } = call;
    const result = { outcome, status, body, trailers, interim, kept: open > 0 };
    if (outcome === '')
        call.connection.abandon(true);
    pool.close();
    return result;
}
/** A call on a shared connection that got nothing is repeated on one of its own, which then fails it. */
function afterRepetition(shared, own) {
    return shared.outcome === 'stale' && shared.status === 0 ? { ...shared, outcome: own.outcome } : shared;
}
for (const delivery of ['whole', 'bytes']) {
    test(`${RESPONSES.length} responses come to the same, ${delivery}`, async () => {
        const indexes = [...RESPONSES.keys()].filter((index) => delivery === 'whole' || !RESPONSES[index].wholeOnly);
        while (indexes.length > 0) {
            await Promise.all(indexes.splice(0, RUNS_AT_ONCE).map(async (index) => {
                const own = await run('own', index, delivery);
                const shared = await run('shared', index, delivery);
                assert.deepEqual(afterRepetition(shared, own), own, RESPONSES[index].id);
                if (own.status === 0)
                    assert.notEqual(shared.outcome, 'ended', RESPONSES[index].id);
            }));
        }
    });
}
//# sourceMappingURL=readers.test.js.map