/** What a check by gRPC makes of answers; the peers that give proper ones are in test/control/grpc-health.test.ts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { CheckResult } from './check.ts';
import { runGrpcCheck } from './check-grpc.ts';
import { decodeStatus, encodeRequest } from './grpc-health-messages.ts';

type Answer = (stream: http2.ServerHttp2Stream) => void;

const sockets = new Set<net.Socket>();
const requests: { headers: http2.IncomingHttpHeaders; body: string }[] = [];
let answer: Answer;
let server: http2.Http2Server;
let port: number;

before(async () => {
  server = http2.createServer();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    let body = '';
    stream.setEncoding('latin1').on('data', (chunk: string) => {
      body += chunk;
    });
    stream.on('end', () => {
      requests.push({ headers, body });
      answer(stream);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());

function check(service = '', timeout = 5_000, at = port, signal = new AbortController().signal) {
  const target = { ip: '127.0.0.1', port: at, authority: `users.test:${at}`, tls: null };
  return runGrpcCheck(target, service, timeout, signal);
}

/** Answers as a server does that has a message, or none. */
function answering(bytes: readonly number[] | null, trailers: Record<string, string>): Answer {
  return (stream) => {
    const head = { ':status': 200, 'content-type': 'application/grpc+proto' };
    if (bytes === null) {
      stream.respond({ ...head, ...trailers }, { endStream: true });
      return;
    }
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(Buffer.from(bytes));
  };
}

const ok = { 'grpc-status': '0' };
const framed = (...message: number[]) => [0, 0, 0, 0, message.length, ...message];

const ANSWERS: readonly [what: string, act: Answer, error: string | RegExp][] = [
  ['SERVING', answering(framed(8, 1), ok), ''],
  ['SERVING and fields of a later version', answering(framed(0x12, 2, 65, 66, 8, 1, 0x18, 5), ok), ''],
  ['NOT_SERVING', answering(framed(8, 2), ok), 'NOT_SERVING'],
  ['SERVICE_UNKNOWN', answering(framed(8, 3), ok), 'SERVICE_UNKNOWN'],
  ['an empty message, which is UNKNOWN', answering(framed(), ok), 'UNKNOWN'],
  ['a status of a later version', answering(framed(8, 77), ok), 'the unknown status 77'],
  ['no message', answering([], ok), 'the answer is no HealthCheckResponse'],
  ['half a message', answering([0, 0, 0, 0, 9, 8], ok), 'the answer is no HealthCheckResponse'],
  ['a compressed message', answering([1, 0, 0, 0, 2, 8, 1], ok), 'the answer is no HealthCheckResponse'],
  ['a broken message', answering(framed(8), ok), 'the answer is no HealthCheckResponse'],
  [
    'a message without end',
    answering([...framed(8, 1), ...Buffer.alloc(20_000)], ok),
    'the answer is too long',
  ],
  ['no grpc-status', answering(framed(8, 1), {}), 'the answer ended without grpc-status'],
  [
    'UNIMPLEMENTED',
    answering(null, { 'grpc-status': '12', 'grpc-message': 'unknown service' }),
    'the server does not implement grpc.health.v1 (UNIMPLEMENTED)',
  ],
  ['NOT_FOUND', answering(null, { 'grpc-status': '5' }), 'the server has no health of a.B (NOT_FOUND)'],
  ['DEADLINE_EXCEEDED', answering(null, { 'grpc-status': '4' }), 'no answer within 5000 ms'],
  [
    'another status with a message',
    answering(null, { 'grpc-status': '14', 'grpc-message': 'warming up%0Ahalf %E2%98%BA' }),
    'gRPC status UNAVAILABLE: warming up half ☺',
  ],
  [
    'a message that is not encoded well',
    answering([], { 'grpc-status': '13', 'grpc-message': '50%' }),
    /INTERNAL: 50%$/,
  ],
  ['a status that is none', answering(null, { 'grpc-status': '99' }), 'gRPC status UNKNOWN'],
  [
    'a web server',
    (stream) => {
      stream.respond({ ':status': 404, 'content-type': 'text/html' });
      stream.end('<h1>Not found</h1>');
    },
    'status 404 instead of an answer in gRPC',
  ],
  [
    'a page for everything',
    (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      stream.end('<h1>Welcome</h1>');
    },
    'the answer is not in gRPC',
  ],
  ['a reset', (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM), /NGHTTP2_REFUSED_STREAM/],
  [
    'a cancelled stream',
    (stream) => stream.close(http2.constants.NGHTTP2_CANCEL),
    'the endpoint has reset the stream',
  ],
  [
    'a connection that ends',
    (stream) => stream.session!.destroy(),
    /closed without an answer|reset the stream/,
  ],
  [
    'GOAWAY instead',
    (stream) => stream.session!.destroy(new Error('no')),
    /INTERNAL_ERROR|error code 2|without an answer/,
  ],
];

describe('a check by grpc.health.v1', () => {
  it('is a unary call that says what it is and how long it waits', async () => {
    answer = answering(framed(8, 1), ok);
    await check('a.B', 1_500.2);
    const { headers, body } = requests.at(-1)!;
    assert.deepEqual(
      [headers[':method'], headers[':path'], headers[':scheme'], headers[':authority']],
      ['POST', '/grpc.health.v1.Health/Check', 'http', `users.test:${port}`],
    );
    assert.deepEqual(
      [headers['content-type'], headers['te'], headers['grpc-timeout'], headers['user-agent']],
      ['application/grpc', 'trailers', '1501m', 'octopus-health'],
    );
    assert.equal(body, '\0\0\0\0\x05\x0a\x03a.B');
    await check('');
    assert.equal(requests.at(-1)!.body, '\0\0\0\0\0');
  });

  for (const [what, act, error] of ANSWERS) {
    it(`${error === '' ? 'passes' : 'fails'} with ${what}`, async () => {
      answer = act;
      const result = await check('a.B');
      if (typeof error === 'string') assert.equal(result.error, error);
      else assert.match(result.error, error);
      assert.equal(result.conclusive, true);
    });
  }

  it('fails in time when nothing comes, whatever the peer has begun', async () => {
    answer = () => {};
    assert.equal((await check('', 200)).error, 'no answer within 200 ms');
    answer = (stream) => stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    assert.equal((await check('', 200)).error, 'no answer within 200 ms');
    const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    assert.equal(
      (await check('', 200, (silent.address() as AddressInfo).port)).error,
      'no answer within 200 ms',
    );
    silent.close();
  });

  it('fails with what speaks no HTTP/2, or is not there', async () => {
    const old = net
      .createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      .listen(0, '127.0.0.1');
    await once(old, 'listening');
    const { port: oldPort } = old.address() as AddressInfo;
    assert.equal((await check('', 5_000, oldPort)).error, 'the endpoint does not speak HTTP/2');
    old.close();
    await once(old, 'close');
    assert.equal((await check('', 5_000, oldPort)).error, 'connection refused');
  });

  it('leaves no connection behind, however it ends', async () => {
    answer = () => {};
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    const open = controllers.map(({ signal }) => check('', 60_000, port, signal));
    const began = requests.length;
    const deadline = Date.now() + 5_000;
    while (requests.length < began + open.length && Date.now() < deadline) await wait();
    assert.equal(sockets.size, open.length);
    for (const controller of controllers) controller.abort();
    const results: CheckResult[] = await Promise.all(open);
    assert.ok(results.every(({ error }) => error === 'aborted'));
    while (sockets.size > 0 && Date.now() < deadline) await wait();
    assert.equal(sockets.size, 0);
  });
});

const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('messages of grpc.health.v1', () => {
  it('the length of a long name takes two bytes', () => {
    const request = encodeRequest('é'.repeat(100));
    assert.deepEqual([...request.subarray(0, 3)], [0x0a, 0xc8, 0x01]);
    assert.equal(request.length, 203);
  });

  it('statuses are read past everything that may stand around them', () => {
    assert.equal(decodeStatus(Buffer.from([8, 2, 8, 1])), 1);
    assert.equal(decodeStatus(Buffer.from([0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1d, 1, 2, 3, 4, 8, 1])), 1);
    assert.equal(decodeStatus(Buffer.from([8, 0x81, 0x80, 0])), 1);
  });

  it('what ends too early or has unknown types is none', () => {
    for (const bytes of [[8], [0x12, 9, 1], [0x11, 1], [0x1d, 1], [0x0b], [8, ...Array(11).fill(0x80), 1]])
      assert.equal(decodeStatus(Buffer.from(bytes)), null, String(bytes));
  });
});
