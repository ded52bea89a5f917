import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../../test/support/gateway.js';
import { okResponse } from '../../../../test/support/origin.js';
import { allOver, bodies, numbered, outcomes, PipelinedPoolBench, } from '../../../../test/support/pipelined-pool-bench.js';
import { callOn } from '../../../../test/support/upstream-calls.js';
import { onTick } from '../../../shared/coarse-clock.js';
/** Milliseconds after which a call counts as holding up others. */
const LONG = 5000;
// Stalls are measured with the coarse clock.
onTick(() => { });
let bench;
beforeEach(async () => {
    bench = await new PipelinedPoolBench().start();
});
afterEach(() => bench.stop());
describe('calls that go away', () => {
    it('leave a response that is thrown away, and the others get theirs', async () => {
        const list = bench.calls(4);
        await bench.received(4);
        list[0].connection.abandon(false);
        list[2].connection.abandon(false);
        bench.origin.connections[0].write(numbered(1, 4));
        await Promise.all([list[1].over(), list[3].over()]);
        assert.deepEqual(bodies(list), ['', '2', '', '4']);
        assert.deepEqual(outcomes(list), ['', 'ended', '', 'ended']);
        assert.equal(bench.counts.open, 1);
    });
    it('in the middle of a body too', async () => {
        const list = bench.calls(2);
        await bench.received(2);
        const connection = bench.origin.connections[0];
        connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
        await eventually(async () => list[0].body === 'abc', 'half a body');
        list[0].connection.abandon(false);
        connection.write(`3\r\ndef\r\n0\r\n\r\n${okResponse('2')}`);
        await list[1].over();
        assert.deepEqual(bodies(list), ['abc', '2']);
        assert.equal(bench.counts.open, 1);
    });
    for (const [name, head] of [
        ['of stated length', 'Content-Length: 3000000'],
        ['in chunks', 'Transfer-Encoding: chunked'],
    ]) {
        it(`with more than a megabyte to come, ${name}: the connection closes`, async () => {
            const list = bench.calls(2);
            await bench.received(2);
            list[0].connection.abandon(false);
            const connection = bench.origin.connections[0];
            connection.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
            for (let i = 0; i < 30; i++)
                connection.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
            await list[1].over();
            assert.deepEqual(outcomes(list), ['', 'stale']);
            assert.equal(bench.counts.open, 0);
            assert.equal(bench.counts.fallbacks, 0, 'not the fault of the endpoint');
        });
    }
    it('because a deadline has passed take the connection with them', async () => {
        const list = bench.calls(3);
        await bench.received(3);
        list[0].connection.abandon(true);
        assert.deepEqual(outcomes(list), ['', 'stale', 'stale']);
        assert.equal(bench.counts.open, 0);
        assert.equal(bench.counts.fallbacks, 1);
    });
    it('because a deadline has passed, but not as the first: the first goes on', async () => {
        const list = bench.calls(2);
        await bench.received(2);
        list[1].connection.abandon(true);
        bench.origin.connections[0].write(numbered(1, 2));
        await list[0].over();
        assert.equal(list[0].body, '1');
        assert.equal(bench.counts.fallbacks, 0);
    });
    it('before the connection is there: it is not needed any more', async () => {
        const list = bench.calls(2);
        for (const call of list)
            call.connection.abandon(false);
        assert.equal(bench.counts.open, 0);
    });
});
describe('a call that does not read', () => {
    it('does not hold up the others with a small body', async () => {
        const [slow, other] = [
            callOn(bench.pool, { target: '/slow', slow: true }),
            callOn(bench.pool, { target: '/other' }),
        ];
        await bench.received(2);
        bench.origin.connections[0].write(okResponse('s'.repeat(50_000)) + okResponse('other'));
        await other.over();
        assert.equal(slow.outcome, '');
        assert.equal(slow.body, '');
        slow.connection.resume();
        assert.deepEqual([slow.outcome, slow.body.length], ['ended', 50_000]);
    });
    it('with a large one: the others move to connections of their own after a moment', async () => {
        const [slow, other] = [
            callOn(bench.pool, { target: '/slow', slow: true }),
            callOn(bench.pool, { target: '/other' }),
        ];
        await bench.received(2);
        const size = 16_000_000;
        bench.origin.connections[0].write(okResponse('s'.repeat(size)) + okResponse('other'));
        await eventually(async () => {
            bench.pool.check(performance.now());
            return other.outcome !== '';
        }, 'the other call to be let go');
        assert.equal(other.outcome, 'stale');
        assert.equal(bench.counts.fallbacks, 0, 'not the fault of the endpoint');
        assert.ok(slow.connection.kept < 200_000, 'what is kept is bounded');
        slow.connection.resume();
        await slow.over();
        assert.deepEqual([slow.outcome, slow.body.length], ['ended', size]);
        await eventually(async () => bench.counts.open === 0, 'the connection to be closed after it');
    });
    it('goes away: what was kept is forgotten, and the connection goes on', async () => {
        const [slow, other] = [
            callOn(bench.pool, { target: '/slow', slow: true }),
            callOn(bench.pool, { target: '/other' }),
        ];
        await bench.received(2);
        bench.origin.connections[0].write(okResponse('s'.repeat(200_000)) + okResponse('other'));
        await eventually(async () => slow.status === 200, 'the first response');
        await sleep(20);
        slow.connection.abandon(false);
        await other.over();
        assert.equal(other.body, 'other');
        assert.equal(bench.counts.open, 1);
    });
});
describe('a response that takes long', () => {
    it('holds up nobody for longer than a second', async () => {
        const list = bench.calls(3);
        await bench.received(3);
        bench.origin.connections[0].write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nev\r\n');
        await eventually(async () => list[0].body === 'ev', 'the first event');
        bench.pool.check(performance.now());
        assert.deepEqual(outcomes(list), ['', '', '']);
        bench.pool.check(performance.now() + LONG);
        assert.deepEqual(outcomes(list), ['', '', ''], 'once may be a pause of this very thread');
        bench.pool.check(performance.now() + LONG);
        assert.deepEqual(outcomes(list), ['', 'stale', 'stale']);
        assert.equal(bench.counts.fallbacks, 1);
        bench.origin.connections[0].write('3\r\nent\r\n0\r\n\r\n');
        await list[0].over();
        assert.equal(list[0].body, 'event');
        await eventually(async () => bench.counts.open === 0, 'the connection to be closed after it');
    });
    it('takes at most a quarter of the time that those behind it have', async () => {
        const before = performance.now();
        const list = [callOn(bench.pool), callOn(bench.pool, { patience: 2000 }), callOn(bench.pool)];
        await bench.received(3);
        bench.pool.check(before + 490);
        bench.pool.check(before + 490);
        assert.deepEqual(outcomes(list), ['', '', '']);
        bench.pool.check(performance.now() + 510);
        bench.pool.check(performance.now() + 510);
        assert.deepEqual(outcomes(list), ['', 'stale', 'stale']);
    });
    it('is not risked by calls that have little time', async () => {
        const list = [
            callOn(bench.pool, { target: '/1', patience: 400 }),
            callOn(bench.pool, { target: '/2', patience: 400 }),
        ];
        await bench.received(2);
        assert.deepEqual(bench.seen.toSorted(), ['0 /1', '1 /2']);
        assert.deepEqual(outcomes(list), ['', '']);
    });
    it('alone on its connection may take what it wants', async () => {
        const [call] = bench.calls(1);
        await bench.received(1);
        bench.pool.check(performance.now() + LONG);
        bench.pool.check(performance.now() + LONG);
        assert.equal(call.outcome, '');
        assert.equal(bench.counts.fallbacks, 0);
        bench.origin.connections[0].write(okResponse('x'));
        await call.over();
        assert.equal(bench.counts.open, 1);
    });
    it('that nobody wants any more costs the connection', async () => {
        const [call] = bench.calls(1);
        await bench.received(1);
        call.connection.abandon(false);
        bench.pool.check(performance.now() + LONG);
        bench.pool.check(performance.now() + LONG);
        assert.equal(bench.counts.open, 0);
        assert.equal(bench.counts.fallbacks, 0);
    });
    it('makes the next calls take other connections', async () => {
        bench.makePool(16, 8, 10);
        await bench.warmUp();
        const now = performance.now();
        callOn(bench.pool, { target: '/slow', now });
        callOn(bench.pool, { target: '/at-once', now: now + 1 });
        callOn(bench.pool, { target: '/later', now: now + 50 });
        await bench.received(3);
        assert.deepEqual(bench.seen.toSorted(), ['0 /at-once', '0 /slow', '1 /later']);
    });
    it('often: calls do not gather at all', async () => {
        bench.makePool(16, 8, 10);
        bench.answers = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [
            i + 1,
            (c) => setTimeout(() => c.write(okResponse('x')), 30),
        ]));
        for (let i = 0; i < 8; i++)
            await callOn(bench.pool, {}).over();
        bench.seen = [];
        const list = bench.calls(3);
        await allOver(list);
        assert.equal(new Set(bench.seen.map((line) => line.split(' ')[0])).size, 3);
    });
});
//# sourceMappingURL=pipelined-connection.test.js.map