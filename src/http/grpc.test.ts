import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGrpcTimeout, grpcStatus, isGrpc, parseGrpcTimeout, trailersOnly } from './grpc.ts';
import { HeaderBlock } from './header-block.ts';

test('timeouts of all units, and what is none', () => {
  const cases: [string, number][] = [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['99999999m', 99_999_999],
    ['1500u', 1.5],
    ['0m', 0],
    ['', -1],
    ['1', -1],
    ['1h', -1],
    ['-1S', -1],
    ['123456789S', -1],
    ['1.5S', -1],
  ];
  for (const [text, expected] of cases) assert.equal(parseGrpcTimeout(text), expected, text);
});

test('what is left is never more than there is', () => {
  assert.equal(formatGrpcTimeout(1499.9), '1499m');
  assert.equal(formatGrpcTimeout(-5), '0m');
  assert.equal(formatGrpcTimeout(1e9), '1000000S');
});

test('content types', () => {
  const is = (type: string) => isGrpc(new HeaderBlock().load(`Content-Type: ${type}\r\n`));
  assert.deepEqual(['application/grpc', 'application/grpc+proto', 'Application/gRPC; x=y'].map(is), [
    true,
    true,
    true,
  ]);
  assert.deepEqual(['application/grpc-web', 'application/json', 'text/plain'].map(is), [false, false, false]);
  assert.equal(isGrpc(new HeaderBlock().load('Accept: application/grpc\r\n')), false);
});

test('errors as trailers', () => {
  assert.equal(grpcStatus(404), 12);
  assert.equal(grpcStatus(418), 2);
  assert.equal(
    trailersOnly(503, 'zu spät: 100%\r\n', 'X-Request-Id: a\r\n'),
    'X-Request-Id: a\r\nContent-Type: application/grpc\r\ngrpc-status: 14\r\ngrpc-message: zu sp%C3%A4t: 100%25%0D%0A\r\n',
  );
});
