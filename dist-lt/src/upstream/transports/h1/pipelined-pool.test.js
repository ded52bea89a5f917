import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../../test/support/gateway.js';
import { okResponse } from '../../../../test/support/origin.js';
import { allOver, bodies, numbered, outcomes, PipelinedPoolBench, } from '../../../../test/support/pipelined-pool-bench.js';
import { callOn } from '../../../../test/support/upstream-calls.js';
let bench;
beforeEach(async () => {
    bench = await new PipelinedPoolBench().start();
});
afterEach(() => bench.stop());
describe('calls on a shared connection', () => {
    it('go out together and get their own responses, in order', async () => {
        bench.answers = { 8: (connection) => connection.write(numbered(1, 8)) };
        const list = bench.calls(8);
        await allOver(list);
        assert.deepEqual(bodies(list), ['1', '2', '3', '4', '5', '6', '7', '8']);
        assert.deepEqual(bench.seen, [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `0 /${i}`));
        assert.equal(bench.counts.opened, 1);
    });
    it('leave in one write for each turn of the event loop', async () => {
        await bench.warmUp();
        const connection = bench.origin.connections[0];
        const chunks = [];
        connection.socket.on('data', (chunk) => chunks.push(chunk.length));
        bench.answers = { 6: (at) => at.write(numbered(1, 5)) };
        await allOver(bench.calls(5));
        assert.equal(chunks.length, 1, `in one piece: ${chunks}`);
    });
    it('beyond the depth take another connection', async () => {
        const list = bench.calls(9);
        await bench.received(9);
        assert.equal(bench.seen.filter((line) => line.startsWith('0 ')).length, 8);
        assert.equal(bench.seen.filter((line) => line.startsWith('1 ')).length, 1);
        for (const call of list)
            call.connection.abandon(false);
    });
    it('that are not shareable, or repeated, get connections of their own', async () => {
        bench.calls(2);
        callOn(bench.pool, { target: '/post', patience: 0 });
        callOn(bench.pool, { target: '/again', fresh: true });
        await bench.received(4);
        assert.deepEqual(bench.seen.toSorted(), ['0 /1', '0 /2', '1 /post', '2 /again']);
    });
    it('use the connection again', async () => {
        await bench.warmUp();
        bench.answers = { 4: (connection) => connection.write(numbered(1, 3)) };
        const list = bench.calls(3);
        await allOver(list);
        assert.deepEqual(outcomes(list), ['ended', 'ended', 'ended']);
        assert.equal(bench.counts.opened, 1);
        assert.equal(bench.counts.fallbacks, 0);
    });
});
describe('the limit of connections', () => {
    it('holds for shared and other ones together', async () => {
        bench.makePool(4, 2);
        bench.calls(6);
        for (let i = 0; i < 4; i++)
            callOn(bench.pool, { target: `/own${i}`, patience: 0 });
        await bench.received(6);
        await sleep(50);
        assert.equal(bench.counts.open, 4);
        assert.equal(bench.seen.length, 2 * 2 + 2);
    });
    it('of one connection leaves no room for sharing', async () => {
        bench.makePool(1);
        bench.answers = Object.fromEntries([1, 2, 3].map((i) => [i, (c) => c.write(okResponse('x'))]));
        const list = [...bench.calls(2), callOn(bench.pool, { target: '/own', patience: 0 })];
        await allOver(list);
        assert.equal(bench.counts.opened, 1);
        assert.deepEqual(bodies(list), ['x', 'x', 'x']);
    });
    it('idle shared connections make room for a call that waits', async () => {
        bench.makePool(2);
        await bench.warmUp();
        const own = [1, 2].map((i) => callOn(bench.pool, { target: `/own${i}`, patience: 0 }));
        await bench.received(2);
        assert.equal(bench.counts.open, 2);
        assert.deepEqual(outcomes(own), ['', '']);
    });
});
describe('the end of a pool', () => {
    it('lets calls finish, then closes', async () => {
        const list = bench.calls(2);
        await bench.received(2);
        bench.pool.close();
        assert.equal(bench.counts.open, 1);
        const late = callOn(bench.pool, { target: '/late' });
        await bench.received(3);
        for (const connection of bench.origin.connections)
            connection.write(numbered(1, connection.index === 0 ? 2 : 1));
        await allOver([...list, late]);
        assert.deepEqual(outcomes(list), ['ended', 'ended']);
        await eventually(async () => bench.counts.open === 0, 'all to be closed');
    });
    it('idle connections expire', async () => {
        await bench.warmUp();
        bench.pool.sweep(performance.now() + 30_000);
        assert.equal(bench.counts.open, 1);
        bench.pool.sweep(performance.now() + 61_000);
        assert.equal(bench.counts.open, 0);
    });
});
//# sourceMappingURL=pipelined-pool.test.js.map