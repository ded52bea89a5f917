import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../../test/support/gateway.js';
import { okResponse } from '../../../../test/support/origin.js';
import { allOver, bodies, numbered, outcomes, PipelinedPoolBench, } from '../../../../test/support/pipelined-pool-bench.js';
import { callOn } from '../../../../test/support/upstream-calls.js';
import { onTick } from '../../../shared/coarse-clock.js';
/** Sends that and closes. */
const closing = (bytes) => (connection) => {
    connection.write(bytes);
    connection.end();
};
// Idle times are measured with the coarse clock.
onTick(() => { });
let bench;
beforeEach(async () => {
    bench = await new PipelinedPoolBench().start();
});
afterEach(() => bench.stop());
describe('responses in every shape, split everywhere', () => {
    const shapes = [
        ['GET', okResponse('first'), 200, 'first', ''],
        ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 200, '', ''],
        [
            'GET',
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n',
            200,
            'abcde',
            'X-T: 1\r\n',
        ],
        ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: "x"\r\n\r\n', 304, '', ''],
        ['GET', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', 204, '', ''],
        ['GET', okResponse(''), 200, '', ''],
        ['GET', okResponse('first'), 200, 'first', ''],
    ];
    const bytes = shapes.map(([, text]) => text).join('');
    const check = (list) => {
        for (const [i, [, , status, body, trailers]] of shapes.entries()) {
            const call = list[i];
            assert.deepEqual([call.outcome, call.status, call.body, call.trailers], ['ended', status, body, trailers], `response ${i + 1}`);
        }
        assert.deepEqual(list[4].interim, [103]);
    };
    const start = () => shapes.map(([method], i) => callOn(bench.pool, { method, target: `/${i + 1}` }));
    it('byte by byte', async () => {
        const list = start();
        await bench.received(shapes.length);
        const { socket } = bench.origin.connections[0];
        for (const byte of bytes) {
            socket.write(byte, 'latin1');
            await new Promise((resolve) => setImmediate(resolve));
        }
        await allOver(list);
        check(list);
    });
    it('in two pieces', async () => {
        for (let at = 1; at < bytes.length; at += 7) {
            bench.seen = [];
            const list = start();
            await bench.received(shapes.length);
            const { socket } = bench.origin.connections[0];
            socket.write(bytes.slice(0, at), 'latin1');
            await sleep(1);
            socket.write(bytes.slice(at), 'latin1');
            await allOver(list);
            check(list);
        }
        assert.equal(bench.counts.opened, 1);
    });
    it('a head that repeats another only in part is not taken for it', async () => {
        const list = bench.calls(3);
        await bench.received(3);
        bench.origin.connections[0].write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na' +
            'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nbbbbbbbbbbbb' +
            'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: y\r\n\r\nc');
        await allOver(list);
        assert.deepEqual(bodies(list), ['a', 'bbbbbbbbbbbb', 'c']);
    });
});
describe('an endpoint that is not fit for it', () => {
    const cases = [
        ['closes early', closing(okResponse('1')), 'ended', 200],
        ['resets early', (c) => c.reset(), 'stale', 0],
        [
            'says Connection: close',
            (c) => c.write(okResponse('1', ['Connection', 'close']) + okResponse('2')),
            'ended',
            200,
        ],
        ['answers in HTTP/1.0', (c) => c.write('HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1'), 'ended', 200],
        [
            'sends a body until it closes',
            (c) => {
                c.write('HTTP/1.1 200 OK\r\n\r\n1');
                setTimeout(() => c.end(), 20);
            },
            'ended',
            200,
        ],
        ['sends no HTTP at first', (c) => c.write('nonsense\r\n\r\n'), 'stale', 0],
        [
            'sends a body with HEAD-like surplus',
            (c) => c.write(`${okResponse('1')}surplus ${okResponse('2')}`),
            'ended',
            200,
        ],
        ['breaks off in a body', closing('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1'), 'truncated', 200],
        [
            'sends a bad chunk',
            (c) => c.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
            'malformed',
            200,
        ],
        ['switches protocols', (c) => c.write('HTTP/1.1 101 X\r\n\r\n'), 'stale', 0],
    ];
    for (const [name, answer, first, status] of cases) {
        it(`${name}: the calls behind are stale, and the next ones do not share`, async () => {
            bench.answers = { 4: answer };
            const list = bench.calls(4);
            await allOver(list);
            assert.deepEqual(outcomes(list), [first, 'stale', 'stale', 'stale']);
            assert.equal(list[0].status, status);
            assert.equal(bench.counts.fallbacks, 1);
            await eventually(async () => bench.counts.open === 0, 'the shared connection to be gone');
            bench.seen = [];
            bench.answers = { 1: (c) => c.write(okResponse('alone')) };
            const next = bench.calls(3);
            await allOver(next);
            assert.deepEqual(bodies(next), ['alone', 'alone', 'alone']);
            assert.equal(new Set(bench.seen.map((line) => line.split(' ')[0])).size, 3, 'each on its own connection');
            // The pause is over some time.
            bench.answers = { 3: (c) => c.write(numbered(1, 3)) };
            const later = bench.calls(3, { now: performance.now() + 31_000 });
            await allOver(later);
            assert.deepEqual(bodies(later), ['1', '2', '3']);
        });
    }
    it('sends what nobody asked for: the connection is closed at once', async () => {
        await bench.warmUp();
        bench.origin.connections[0].write(okResponse('poison'));
        await eventually(async () => bench.counts.open === 0, 'the connection to be closed');
        assert.equal(bench.counts.fallbacks, 1);
    });
    it('does not exist: all calls fail to connect', async () => {
        await bench.origin.close();
        const list = bench.calls(3);
        await allOver(list);
        assert.deepEqual(outcomes(list), ['connect', 'connect', 'connect']);
        assert.equal(bench.counts.open, 0);
        assert.equal(bench.counts.fallbacks, 0);
    });
});
describe('an endpoint that closes as all do', () => {
    it('after a hundred responses', async () => {
        let left = 110;
        for (let i = 1; i <= 110; i++)
            bench.answers[i] = (c) => c.write(okResponse('x'));
        bench.answers[113] = closing(okResponse('last', ['Connection', 'close']));
        while (left-- > 0)
            await callOn(bench.pool, {}).over();
        const list = bench.calls(3);
        await allOver(list);
        assert.deepEqual(outcomes(list), ['ended', 'stale', 'stale']);
        assert.equal(bench.counts.fallbacks, 0);
    });
    it('after an idle time, just when requests come', async () => {
        await bench.warmUp();
        await sleep(1200);
        bench.answers = { 3: (c) => c.reset() };
        const list = bench.calls(2);
        await allOver(list);
        assert.deepEqual(outcomes(list), ['stale', 'stale']);
        assert.equal(bench.counts.fallbacks, 0);
    });
    it('with nothing under way', async () => {
        await bench.warmUp();
        bench.origin.connections[0].end();
        await eventually(async () => bench.counts.open === 0, 'the connection to be gone');
        assert.equal(bench.counts.fallbacks, 0);
    });
});
//# sourceMappingURL=pipelined-responses.test.js.map