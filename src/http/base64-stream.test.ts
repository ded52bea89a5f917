import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Base64Decoder, Base64Encoder } from './base64-stream.ts';

const BYTES = Buffer.from(Array.from({ length: 70 }, (_, i) => (i * 37) & 0xff));

function decodeInPieces(text: string, borders: readonly number[]): Buffer | null {
  const decoder = new Base64Decoder();
  const pieces: Buffer[] = [];
  let from = 0;
  for (const to of [...borders, text.length]) {
    const piece = decoder.decode(Buffer.from(text.slice(from, to), 'latin1'));
    if (piece === null) return null;
    pieces.push(piece);
    from = to;
  }
  return decoder.complete ? Buffer.concat(pieces) : null;
}

test('every length is decoded, split at every byte and byte by byte', () => {
  for (let length = 0; length <= BYTES.length; length++) {
    const bytes = BYTES.subarray(0, length);
    const text = bytes.toString('base64');
    for (let at = 0; at <= text.length; at++) assert.deepEqual(decodeInPieces(text, [at]), bytes);
    assert.deepEqual(
      decodeInPieces(
        text,
        [...text].map((_, at) => at),
      ),
      bytes,
    );
  }
});

test('any group may be padded', () => {
  const parts = ['a', 'bc', 'def', 'ghij', '', 'k'];
  const text = parts.map((part) => Buffer.from(part).toString('base64')).join('');
  for (let at = 0; at <= text.length; at++)
    assert.equal(decodeInPieces(text, [at])?.toString(), parts.join(''));
});

test('what is no base64 is refused, however it is split', () => {
  for (const text of [
    'YQ',
    'YWI',
    'Y',
    'Y===',
    '====',
    'YQ=a',
    'YWJj=',
    'YW-j',
    'YW_j',
    'YW j',
    'YQ==\n',
    'YWJ\u00e4',
    'YQ=',
  ]) {
    for (let at = 0; at <= text.length; at++) assert.equal(decodeInPieces(text, [at]), null, text);
  }
});

test('pieces are encoded without padding until somebody needs all of it', () => {
  for (let first = 0; first <= 10; first++) {
    for (let second = first; second <= 20; second++) {
      const encoder = new Base64Encoder();
      const text = [
        encoder.encode(BYTES, 0, first, false),
        encoder.encode(BYTES, first, second, false),
        encoder.encode(BYTES, second, 30, true),
      ];
      assert.equal(text.join(''), BYTES.toString('base64', 0, 30));
      assert.equal(text[0]!.length % 4, 0);
    }
  }
});

test('padded pieces are whole by themselves', () => {
  const encoder = new Base64Encoder();
  const first = encoder.encode(BYTES, 0, 4, true);
  const second = encoder.encode(BYTES, 4, 9, true);
  assert.deepEqual(Buffer.from(first.toString(), 'base64'), BYTES.subarray(0, 4));
  assert.deepEqual(Buffer.from(second.toString(), 'base64'), BYTES.subarray(4, 9));
});

test('what is left over is copied: the buffer it came in is used again', () => {
  const encoder = new Base64Encoder();
  const input = Buffer.from('ab');
  encoder.encode(input, 0, 2, false);
  input.fill(0);
  assert.equal(
    encoder.encode(Buffer.from('c'), 0, 1, false).toString(),
    Buffer.from('abc').toString('base64'),
  );
});
