/** gRPC with grpc-js at both ends: the cases of the public interoperability list, directly and through the gateway. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { GrpcCaller, GrpcService, type Outcome } from '../support/grpc-peer.ts';
import { reservePort } from '../support/ports.ts';

let service: GrpcService;
let gateway: Gateway;
let direct: GrpcCaller;
let through: GrpcCaller;

before(async () => {
  service = await new GrpcService().start();
  const gone = await reservePort();
  gateway = await startGateway({
    upstreams: [
      { name: 'service', endpoints: [`127.0.0.1:${service.port}`], protocol: 'h2' },
      { name: 'gone', endpoints: [`127.0.0.1:${gone.port}`], protocol: 'h2' },
    ],
    routes: [
      {
        path: '/test.v1.Test/*',
        upstream: 'service',
        headers: { 'x-limited': '1' },
        priority: 1,
        middleware: [{ name: 'rate-limit', config: { limit: 1, window: '1h' } }],
      },
      { path: '/test.v1.Test/Empty', upstream: 'gone', headers: { 'x-gone': '1' }, priority: 1, retries: 0 },
      { path: '/test.v1.Test/*', upstream: 'service' },
    ],
  });
  gone.release();
  direct = new GrpcCaller(service.port);
  through = new GrpcCaller(gateway.port);
});

after(async () => {
  direct?.close();
  through?.close();
  await gateway?.stop();
  service?.stop();
});

const metadata = (fields: Record<string, string>): Metadata => {
  const result = new Metadata();
  for (const [name, value] of Object.entries(fields)) result.add(name, value);
  return result;
};
const failing = (code: number, details: string) => Buffer.from(JSON.stringify({ code, details }));
const echo = (): Metadata => {
  const result = metadata({ 'x-echo': 'wert' });
  result.add('x-echo-bin', Buffer.from([0, 255, 10]));
  return result;
};

const CASES: readonly [name: string, run: (caller: GrpcCaller) => Promise<Outcome>, code: number][] = [
  ['empty_unary', (caller) => caller.unary('Empty', Buffer.alloc(0)), 0],
  ['large_unary', (caller) => caller.unary('Unary', Buffer.alloc(314_159, 0x61)), 0],
  [
    'client_streaming',
    (caller) => caller.collect([27_182, 8, 1_828, 45_904].map((size) => Buffer.alloc(size))),
    0,
  ],
  ['server_streaming', (caller) => caller.list([31_415, 9, 2_653, 58_979]), 0],
  ['ping_pong', (caller) => caller.pingPong(['one', 'two', 'three']), 0],
  ['empty_stream', (caller) => caller.pingPong([]), 0],
  ['cancel_after_begin', (caller) => caller.cancelled(), 1],
  ['cancel_after_first_response', (caller) => caller.pingPong(['one', 'two'], 1), 1],
  ['status_code_and_message', (caller) => caller.unary('Fail', failing(2, 'test status message')), 2],
  [
    'special_status_message',
    (caller) =>
      caller.unary('Fail', failing(2, '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n')),
    2,
  ],
  ['unimplemented_method', (caller) => caller.unimplementedMethod(), 12],
  ['custom_metadata', (caller) => caller.unary('Unary', Buffer.from('x'), echo()), 0],
];

describe('gRPC', () => {
  for (const [name, run, code] of CASES) {
    it(`${name} is the same through the gateway`, async () => {
      const expected = await run(direct);
      const actual = await run(through);
      assert.deepEqual(actual, expected);
      assert.equal(actual.code, code);
    });
  }

  it('timeout_on_sleeping_server: the deadline travels on, shorter by what has passed', async () => {
    const before = service.cancelled;
    const outcome = await through.unary('Sleep', Buffer.alloc(0), new Metadata(), {
      deadline: Date.now() + 800,
    });
    assert.equal(outcome.code, 4);
    assert.ok(service.timeLeft > 0 && service.timeLeft <= 800, `${service.timeLeft} ms were left`);
    await eventually(async () => service.cancelled > before, 'the service to see that nobody waits');
  });

  it('a deadline is kept by the gateway when the client does not', async () => {
    const fields = metadata({ 'grpc-timeout': '300m' });
    const outcome = await through.unary('Sleep', Buffer.alloc(0), fields);
    assert.equal(outcome.code, 4);
  });

  it('unimplemented_service: what has no route is not implemented', async () => {
    assert.equal((await through.unimplementedService()).code, 12);
  });

  it('errors of the gateway are statuses of gRPC', async () => {
    const unavailable = await through.unary('Empty', Buffer.alloc(0), metadata({ 'x-gone': '1' }));
    assert.equal(unavailable.code, 14);
    assert.match(unavailable.details, /Cannot connect to the endpoint/);
    const limited = () => through.unary('Empty', Buffer.alloc(0), metadata({ 'x-limited': '1' }));
    assert.equal((await limited()).code, 0);
    assert.equal((await limited()).code, 8);
  });

  it('calls of one connection are spread over the endpoints', async () => {
    const other = await new GrpcService().start();
    const spread = await startGateway({
      upstreams: [
        {
          name: 'service',
          endpoints: [service, other].map(({ port }) => `127.0.0.1:${port}`),
          protocol: 'h2',
        },
      ],
      routes: [{ path: '/test.v1.Test/*', upstream: 'service' }],
    });
    const caller = new GrpcCaller(spread.port);
    try {
      for (let calls = 0; calls < 20; calls++)
        assert.equal((await caller.unary('Empty', Buffer.alloc(0))).code, 0);
      const admin = `http://127.0.0.1:${spread.adminPort}/metrics`;
      const text = await (await fetch(admin)).text();
      assert.match(text, /octopus_upstream_requests_total\{[^}]*upstream="service"[^}]*\} 20/);
      const counts = [...text.matchAll(/octopus_endpoint_requests_total\{[^}]*\} (\d+)/g)].map(([, count]) =>
        Number(count),
      );
      if (counts.length > 0) assert.deepEqual(counts, [10, 10]);
    } finally {
      caller.close();
      await spread.stop();
      other.stop();
    }
  });
});
