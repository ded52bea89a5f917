import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseReader } from './response-reader.js';
import { Schedule } from './schedule.js';
test('a response is complete at its last byte, wherever it is split', () => {
    const text = 'HTTP/1.1 204 x\r\nA: b\r\ncontent-LENGTH:  5\r\n\r\nhello';
    for (let cut = 1; cut < text.length; cut++) {
        const reader = new ResponseReader();
        const [first, second] = [Buffer.from(text.slice(0, cut)), Buffer.from(text.slice(cut))];
        assert.equal(reader.take(first, first.length), false, `complete after ${cut} bytes`);
        assert.equal(reader.take(second, second.length), true, `incomplete when split at ${cut}`);
        assert.equal(reader.status, 204);
    }
});
test('a response that was cut off leaves nothing behind', () => {
    const reader = new ResponseReader();
    const cut = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab');
    assert.equal(reader.take(cut, cut.length), false);
    reader.reset();
    const whole = Buffer.from('HTTP/1.1 201 x\r\nContent-Length: 2\r\n\r\nab');
    assert.equal(reader.take(whole, whole.length), true);
    assert.equal(reader.status, 201);
});
test('responses follow each other and an empty body ends with the head', () => {
    const reader = new ResponseReader();
    const empty = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    assert.equal(reader.take(empty, empty.length), true);
    assert.equal(reader.take(empty, empty.length), true);
    const chunked = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    assert.throws(() => reader.take(chunked, chunked.length), /Content-Length/);
});
test('requests that a slow server delays keep the time at which they were due', () => {
    const schedule = new Schedule(100, 200, 100);
    assert.equal(schedule.advance(99), 0);
    assert.equal(schedule.advance(100), 1);
    assert.equal(schedule.take(), 100);
    assert.equal(schedule.hasWaiting, false);
    assert.equal(schedule.untilNext(103), 7);
    assert.equal(schedule.advance(135), 3);
    assert.deepEqual([schedule.take(), schedule.take(), schedule.take()], [110, 120, 130]);
    assert.equal(schedule.hasWaiting, false);
});
test('nothing is due at the end or after it', () => {
    const schedule = new Schedule(0, 30, 100);
    assert.equal(schedule.advance(1_000), 3);
    assert.equal(schedule.untilNext(1_000), Number.POSITIVE_INFINITY);
});
//# sourceMappingURL=generators.test.js.map