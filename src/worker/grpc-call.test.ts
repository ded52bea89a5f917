import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_STATUS } from '../http/grpc-status.ts';
import { HeaderBlock } from '../http/header-block.ts';
import { ResponseHead } from '../http/response-head.ts';
import { Recorder } from '../telemetry/recorder.ts';
import { createRegion } from '../telemetry/region.ts';
import { forbidsRetry, GrpcCall } from './grpc-call.ts';

const metrics = new Recorder(createRegion(), () => {}).grpc;
const callOf = (headers: HeaderBlock, deadline = 0): GrpcCall =>
  new GrpcCall({ headers, path: '/a.v1.A/B' }, '/*', deadline, metrics);
const fields = (lines = ''): HeaderBlock => new HeaderBlock().load(lines);

function headOf(status: number, lines: string): ResponseHead {
  const head = new ResponseHead();
  assert.equal(head.parse(`HTTP/1.1 ${status} X\r\n${lines}\r\n`, false), '');
  return head;
}

function statusOf(httpStatus: number, lines: string, trailers: string | null): number {
  const call = callOf(fields());
  call.readHead(headOf(httpStatus, `${lines}content-length: 0\r\n`));
  if (trailers !== null) call.readTrailers(trailers);
  return call.status;
}

test('how a call ends: by head, trailers, status of HTTP', () => {
  const cases: [what: string, status: number, lines: string, trailers: string | null, expected: number][] = [
    ['not yet', 200, '', null, NO_STATUS],
    ['trailers', 200, '', 'grpc-status: 5\r\n', 5],
    ['spelling of the name', 200, '', 'x: y\r\nGrpc-Status: 0\r\n', 0],
    [
      'not the first of them, with spaces',
      200,
      '',
      'a: b\r\nx-grpc-status: 1\r\ngrpc-status: \t7 \r\nc: d\r\n',
      7,
    ],
    ['trailers only', 200, 'grpc-status: 14\r\n', '', 14],
    ['the head goes first', 200, 'grpc-status: 14\r\n', 'grpc-status: 0\r\n', 14],
    ['no status at all', 200, '', '', 2],
    ['trailers without one', 200, '', 'x: y\r\n', 2],
    ['no number', 200, '', 'grpc-status: fine\r\n', 2],
    ['no such status', 200, '', 'grpc-status: 17\r\n', 2],
    ['503', 503, '', '', 14],
    ['401', 401, '', '', 16],
    ['500', 500, '', '', 2],
    ['an error of HTTP goes before a status', 404, 'grpc-status: 0\r\n', '', 12],
  ];
  for (const [what, status, lines, trailers, expected] of cases)
    assert.equal(statusOf(status, lines, trailers), expected, what);
});

test('what counts as failure of the service', () => {
  const ended = (status: number, deadline = 0): GrpcCall => {
    const call = callOf(fields(), deadline);
    call.readTrailers(`grpc-status: ${status}\r\n`);
    return call;
  };
  const faults = Array.from({ length: 17 }, (_, status) => status).filter((status) => ended(status).failed);
  assert.deepEqual(faults, [2, 4, 13, 14, 15]);
  assert.ok(!callOf(fields()).failed, 'not before it is over');
  const undecided = (status: number, deadline: number) => ended(status, deadline).undecided;
  assert.ok(undecided(4, 20), 'a client that gave it 20 ms');
  assert.deepEqual([undecided(4, 0), undecided(4, 1_000), undecided(14, 20)], [false, false, false]);
});

test('what a further try is told', () => {
  const told = (before: string, retries: number): string | undefined => {
    const received = fields(before);
    callOf(received).prepareTry(received, retries);
    return received.get('grpc-previous-rpc-attempts');
  };
  assert.equal(told('', 0), undefined);
  assert.equal(told('', 2), '2');
  assert.equal(told('grpc-previous-rpc-attempts: 3\r\n', 0), '3');
  assert.equal(told('grpc-previous-rpc-attempts: 3\r\n', 2), '5');
  assert.equal(told('grpc-previous-rpc-attempts: many\r\n', 1), '1');
});

test('what a service says of further tries', () => {
  const cases: [lines: string, forbidden: boolean][] = [
    ['', false],
    ['grpc-retry-pushback-ms: 0\r\n', false],
    ['grpc-retry-pushback-ms: 100\r\n', true],
    ['grpc-retry-pushback-ms: -1\r\n', true],
    ['grpc-retry-pushback-ms: soon\r\n', true],
  ];
  for (const [lines, forbidden] of cases) assert.equal(forbidsRetry(fields(lines)), forbidden, lines);
});
