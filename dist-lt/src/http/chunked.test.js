import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedDecoder } from './chunked.js';
function decode(pieces) {
    const decoder = new ChunkedDecoder();
    let body = '';
    let rest = '';
    const sink = {
        onChunkData(input, start, end) {
            body += input.toString('latin1', start, end);
        },
    };
    for (const piece of pieces) {
        const input = Buffer.from(piece, 'latin1');
        const end = decoder.decode(input, 0, input.length, sink);
        if (decoder.done)
            rest += piece.slice(end);
    }
    return { body, done: decoder.done, failed: decoder.failed, rest, trailers: decoder.trailers };
}
const WHOLE = '5;name="v"\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\nGET /';
test('decodes data, extensions and trailers, and stops at the end of the body', () => {
    const outcome = decode([WHOLE]);
    assert.deepEqual(outcome, {
        body: 'hello!',
        done: true,
        failed: false,
        rest: 'GET /',
        trailers: 'X-Sum: 1\r\nY: 2\r\n',
    });
});
test('any split gives the same', () => {
    const expected = decode([WHOLE]);
    for (let i = 1; i < WHOLE.length; i++) {
        assert.deepEqual(decode([WHOLE.slice(0, i), WHOLE.slice(i)]), expected, `split at ${i}`);
    }
    assert.deepEqual(decode([...WHOLE]), expected);
});
const BROKEN = [
    ['no size', '\r\nhello'],
    ['sign', '+5\r\nhello\r\n'],
    ['0x prefix', '0x5\r\nhello\r\n'],
    ['bare LF after the size', '5\nhello\r\n'],
    ['bare LF after an extension', '5;a\nhello\r\n'],
    ['data longer than its size', '5\r\nhello!\r\n'],
    ['no CRLF after the data', '5\r\nhelloX\r\n'],
    ['bytes after the last chunk (CVE-2023-40175)', '0\r\nXX\r\n\r\n'.replace('XX\r\n', 'X\n')],
    ['size past 2^53', 'fffffffffffffff0\r\n'],
    ['bare LF in the trailers', '0\r\nA: b\nC: d\r\n\r\n'],
    ['text after a space behind the size', '5 a\r\nhello\r\n'],
    ['space at the end of the size line', '5 \r\nhello\r\n'],
    ['trailer without a colon', '0\r\nXXGET / HTTP/1.1\r\n'],
    ['folded trailer', '0\r\nA: b\r\n c\r\n'],
    ['NUL in a trailer', '0\r\nA: \0\r\n'],
    ['control in an extension', '5;\x01\r\nhello\r\n'],
];
for (const [name, text] of BROKEN) {
    test(`A12 ${name} breaks the framing`, () => {
        assert.equal(decode([text]).failed, true);
    });
}
test('A12 endless extensions are cut off', () => {
    assert.equal(decode([`5;${'x'.repeat(10_000)}`]).failed, true);
});
test('a reset decoder starts again', () => {
    const decoder = new ChunkedDecoder();
    const sink = { onChunkData() { } };
    const input = Buffer.from('0\r\n\r\n');
    decoder.decode(input, 0, input.length, sink);
    assert.equal(decoder.done, true);
    decoder.reset(0);
    assert.equal(decoder.done, false);
    decoder.decode(input, 0, input.length, sink);
    assert.equal(decoder.done, true);
});
test('A13 a size past the limit fails before its data arrives', () => {
    const decoder = new ChunkedDecoder();
    decoder.reset(10);
    const input = Buffer.from('5\r\nhello\r\n6\r\n');
    decoder.decode(input, 0, input.length, { onChunkData() { } });
    assert.equal(decoder.tooLarge, true);
    assert.equal(decoder.failed, true);
});
//# sourceMappingURL=chunked.test.js.map