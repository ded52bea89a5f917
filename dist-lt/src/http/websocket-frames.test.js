import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSE_GOING_AWAY, closeFrame, FrameTracker } from './websocket-frames.js';
function frame(opcode, length, masked = false) {
    const head = [0x80 | opcode];
    const mask = masked ? 0x80 : 0;
    if (length < 126)
        head.push(mask | length);
    else if (length < 65_536)
        head.push(mask | 126, length >> 8, length & 255);
    else
        head.push(mask | 127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255);
    // Payloads of close opcodes: a tracker that looks into them is found out.
    return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0x88)]);
}
const FRAMES = [
    frame(1, 0),
    frame(2, 1),
    frame(1, 125),
    frame(2, 126),
    frame(9, 3),
    frame(2, 65_535),
    frame(2, 70_000),
];
/** Offsets at which the tracker says that a frame ends. */
function boundaries(bytes, piece) {
    const tracker = new FrameTracker();
    const found = [];
    for (let start = 0; start < bytes.length; start += piece) {
        const end = Math.min(bytes.length, start + piece);
        for (let at = start; at < end;) {
            at = tracker.read(bytes, at, end);
            if (tracker.atBoundary)
                found.push(at);
        }
    }
    assert.equal(tracker.lost, false);
    assert.equal(tracker.closed, false);
    return found;
}
test('frame ends are found however the bytes are cut', () => {
    const bytes = Buffer.concat(FRAMES);
    let at = 0;
    const expected = FRAMES.map((one) => (at += one.length));
    for (const piece of [1, 2, 3, 7, 1000, 65_536, bytes.length])
        assert.deepEqual(boundaries(bytes, piece), expected, `pieces of ${piece}`);
});
test('a Close frame is noticed with its first byte', () => {
    const tracker = new FrameTracker();
    const bytes = closeFrame(CLOSE_GOING_AWAY, 'bye');
    assert.equal(tracker.read(bytes, 0, 1), 1);
    assert.equal(tracker.closed, true);
    assert.equal(tracker.atBoundary, false);
    assert.equal(tracker.read(bytes, 1, bytes.length), bytes.length);
    assert.equal(tracker.atBoundary, true);
});
test('what no server may send is no place for a frame of the gateway', () => {
    const tooLong = Buffer.from([0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
    for (const bytes of [frame(1, 5, true), tooLong]) {
        const tracker = new FrameTracker();
        for (let at = 0; at < bytes.length;)
            at = tracker.read(bytes, at, bytes.length);
        assert.equal(tracker.lost, true);
        assert.equal(tracker.atBoundary, false);
        assert.equal(tracker.read(bytes, 0, bytes.length), bytes.length);
    }
});
test('closeFrame is what RFC 6455 section 5.5.1 says', () => {
    assert.deepEqual(closeFrame(1001, 'bye'), Buffer.from([0x88, 5, 0x03, 0xe9, 0x62, 0x79, 0x65]));
});
//# sourceMappingURL=websocket-frames.test.js.map