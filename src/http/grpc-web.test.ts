import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcWebForm, grpcWebType, MessageBorders, trailersFrame } from './grpc-web.ts';
import { HeaderBlock } from './header-block.ts';

const headers = (type: string, accept = ''): HeaderBlock =>
  new HeaderBlock().load(`Content-Type: ${type}\r\n${accept === '' ? '' : `Accept: ${accept}\r\n`}`);
/** Forms of request and response, and the format. */
const formOf = (type: string, accept = ''): readonly unknown[] | null => {
  const form = grpcWebForm(headers(type, accept));
  return form && [form.textRequest, form.textResponse, form.format];
};

test('types of gRPC-Web and their answers', () => {
  assert.deepEqual(formOf('application/grpc-web'), [false, false, '']);
  assert.deepEqual(formOf('application/grpc-web+proto'), [false, false, '+proto']);
  assert.deepEqual(formOf('application/grpc-web-text'), [true, true, '']);
  assert.deepEqual(formOf('Application/gRPC-Web-Text+proto; x=y'), [true, true, '+proto']);
  assert.deepEqual(formOf('application/grpc-web+proto', 'application/grpc-web-text'), [
    false,
    true,
    '+proto',
  ]);
  assert.deepEqual(formOf('application/grpc-web-text', 'text/html, application/grpc-web+json;q=1'), [
    true,
    false,
    '',
  ]);
  assert.deepEqual(formOf('application/grpc-web-text', '*/*'), [true, true, '']);
});

test('what is no gRPC-Web', () => {
  for (const type of [
    'application/grpc',
    'application/grpc+proto',
    'application/grpc-website',
    'application/json',
    'text/grpc-web',
  ])
    assert.equal(formOf(type), null, type);
  assert.equal(grpcWebForm(new HeaderBlock().load('')), null);
});

test('the type of a response names its format', () => {
  const form = { textRequest: false, textResponse: false, format: '+proto' };
  assert.equal(grpcWebType(form), 'application/grpc-web+proto');
  assert.equal(grpcWebType({ ...form, textResponse: true }), 'application/grpc-web-text+proto');
  assert.equal(grpcWebType(form, '+json'), 'application/grpc-web+json');
  assert.equal(grpcWebType({ ...form, format: '' }), 'application/grpc-web');
});

test('trailers are a frame with names in lower case', () => {
  const text = 'grpc-status: 3\r\nx-a: \u00fc:b\r\n';
  const expected = Buffer.concat([Buffer.from([0x80, 0, 0, 0, text.length]), Buffer.from(text, 'latin1')]);
  assert.deepEqual(trailersFrame('Grpc-Status:3\r\nX-A:  \u00fc:b\r\n'), expected);
  assert.deepEqual(trailersFrame(''), Buffer.from([0x80, 0, 0, 0, 0]));
});

test('the borders of messages are seen, split at every byte', () => {
  const message = (length: number): Buffer => {
    const bytes = Buffer.alloc(5 + length, 0xee);
    bytes[0] = length & 1;
    bytes.writeUInt32BE(length, 1);
    return bytes;
  };
  const stream = Buffer.concat([message(0), message(7), message(300), message(1)]);
  const ends = [0, 5, 17, 322, 328];
  for (let at = 0; at <= stream.length; at++) {
    const borders = new MessageBorders();
    borders.read(stream, 0, at);
    assert.equal(borders.between, ends.includes(at), `after ${at} bytes`);
    borders.read(stream, at, stream.length);
    assert.ok(borders.between);
  }
});
